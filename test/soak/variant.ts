import type { DovecotOptions } from '@mxodus/lab';
import type { DeletePolicy } from './model/complete-pass.ts';
import type { Random } from './random.ts';

/** What the two servers of an episode can do, and what the config says. */
export interface Variant {
  /** For the people who read. */
  text: string;
  policy: DeletePolicy;
  old: Partial<DovecotOptions>;
  new: Partial<DovecotOptions>;
  /** The destination's answers are stripped of APPENDUID and COPYUID, which Dovecot sends whatever it advertises. */
  hideUids: boolean;
  /** May \Deleted be set? A server without UIDPLUS can only expunge all that is marked. */
  deletedFlag: boolean;
  /** Of both servers, and what follows them in the config. */
  limits: string;
}

// NAMESPACE stays, for prefixes.
const CAPABILITIES = {
  'all Dovecot has': undefined,
  'CONDSTORE without QRESYNC':
    'IMAP4rev1 NAMESPACE LITERAL+ ENABLE UNSELECT UIDPLUS MOVE LIST-EXTENDED LIST-STATUS SPECIAL-USE MULTIAPPEND CONDSTORE',
  'LITERAL+ UIDPLUS': 'IMAP4rev1 NAMESPACE LITERAL+ UIDPLUS',
  'nothing beyond IMAP4rev1': 'IMAP4rev1 NAMESPACE',
};
type Capabilities = keyof typeof CAPABILITIES;

const PREFIXED = { separator: '.', prefix: 'INBOX.' } as const;

export function drawVariant(random: Random, policy: DeletePolicy | null): Variant {
  const drawn = policy ?? random.pick(['keep', 'trash', 'mirror'] as const);
  const weights = {
    'all Dovecot has': 4,
    'CONDSTORE without QRESYNC': 2,
    'LITERAL+ UIDPLUS': 2,
    'nothing beyond IMAP4rev1': 1,
  };
  const source: Capabilities = random.weighted(weights);
  const destination: Capabilities = random.weighted(weights);
  const bare = destination === 'nothing beyond IMAP4rev1';
  const hideUids = bare && random.chance(0.7);
  const layout = random.pick(['fs', 'maildir++'] as const);
  const prefixAt = random.pick(['nobody', 'nobody', 'source', 'destination'] as const);
  const connections = random.between(2, 4);
  return {
    text: `deletes: ${drawn} · source: ${source}, ${layout} · destination: ${destination}${hideUids ? ', no APPENDUID' : ''} · prefix at ${prefixAt} · ${connections} connections`,
    policy: drawn,
    old: { layout, ...capability(source), ...(prefixAt === 'source' ? PREFIXED : {}) },
    new: { ...capability(destination), ...(prefixAt === 'destination' ? PREFIXED : {}) },
    hideUids,
    deletedFlag: !bare,
    // A server that falls silent is waited for 8 s, not two minutes.
    limits: `{ connections_per_mailbox: ${connections} }, timeout: 8s`,
  };
}

function capability(name: Capabilities): Partial<DovecotOptions> {
  const words = CAPABILITIES[name];
  return words === undefined ? {} : { capability: words };
}
