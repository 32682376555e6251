import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ApplyResult,
  type DnsEndpoint,
  type DnsProvider,
  MxodusError,
  type RrsetChange,
  sameRrset,
} from '@mxodus/model';
import { endpointText } from '../../endpoint.ts';
import { checkReadBack, isDone } from '../../http/zone-guard.ts';
import { exchangeTcp } from '../../observe/exchange-tcp.ts';
import { rrsetText } from '../../rrset-text.ts';
import { type Connection, connector, type Rfc2136Options, reach } from './connection.ts';
import { type Judgement, judgeAnswer } from './judge-answer.ts';
import { type LiveChange, readLive, soaSerial } from './live-rrset.ts';
import { signMessage, type TsigKey, verifyAnswer } from './tsig.ts';
import { permissionMessage, rehearsalMessage, updateMessage } from './update-message.ts';

export type { Rfc2136Options } from './connection.ts';

const READ_AGAIN_MS = 250;

/**
 * Dynamic updates (RFC 2136) signed with TSIG (RFC 8945), over TCP only. "RRset equals" prerequisites make each change a
 * compare-and-swap. They ignore the TTL (RFC 2136 section 2.4.2), so the TTL is read and compared right before: an edit of nothing but
 * the TTL in that moment would be overwritten, an edit of the records never. A server may say yes and leave a record out (section
 * 3.4.2.2), so what it serves is read again right after.
 */
export function rfc2136Provider(options: Rfc2136Options): DnsProvider {
  const open = connector(options);
  return {
    name: 'rfc2136',
    capabilities: { atomic: true, compareAndSwap: true, minTtl: 0 },
    apply: async (changes, signal) => apply(await open(), changes, signal),
    rehearse: async (changes, signal) => rehearse(await open(), changes, signal),
  };
}

async function apply(
  connection: Connection,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<ApplyResult> {
  const server = endpointText(connection.server);
  const found = await readLive(connection, changes, signal);
  if (!found.every(isDone)) {
    const drifted = drift(found);
    if (drifted !== undefined) {
      const { name, type, live, before } = drifted;
      const why = `${name} has ${rrsetText(type, live)} at ${server}, expected ${rrsetText(type, before)}`;
      return { kind: 'conflict', why };
    }
    const judgement = await send(connection, (id, zone) => updateMessage(id, zone, found), changes, signal);
    if (judgement.kind === 'conflict') return judgement;
    checkReadBack(await readChanged(connection, changes, signal), server);
  }
  return { kind: 'applied', serial: await soaSerial(connection, signal), changeId: null };
}

/** BIND that signs a zone itself (inline-signing) serves a change only a moment after it has said yes. */
async function readChanged(
  connection: Connection,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<LiveChange[]> {
  for (let waited = 0; ; waited += READ_AGAIN_MS) {
    const now = await readLive(connection, changes, signal);
    if (now.every(isDone) || waited >= connection.timeoutMs) return now;
    await pause(READ_AGAIN_MS, undefined, { signal });
  }
}

/** First whether the key may make the changes, whatever is there; then whether the guard of the update itself would hold. */
async function rehearse(
  connection: Connection,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<'allowed' | 'unknown'> {
  await send(connection, (id, zone) => permissionMessage(id, zone, changes), changes, signal);
  const found = await readLive(connection, changes, signal);
  if (drift(found) !== undefined) return 'unknown';
  const judgement = await send(connection, (id, zone) => rehearsalMessage(id, zone, found), changes, signal);
  return judgement.kind === 'done' ? 'allowed' : 'unknown';
}

const drift = (found: readonly LiveChange[]): LiveChange | undefined =>
  found.find(({ live, before }) => !sameRrset(live, before));

async function send(
  { server, zone, key, timeoutMs, now }: Connection,
  message: (id: number, zone: string) => Buffer,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<Judgement> {
  const id = randomInt(0x10000);
  const time = Math.floor(now() / 1000);
  const signed = signMessage(message(id, zone), key, time);
  const accept = (answer: Buffer) =>
    answer.length >= 12 && answer.readUInt16BE(0) === id && answer.readUInt8(2) >= 0x80;
  const answer = await reach(server, signal, () =>
    exchangeTcp({ server, message: signed.bytes, accept, timeoutMs, signal }),
  );
  return judgeAnswer(verify(answer, key, { mac: signed.mac, server }), {
    server: endpointText(server),
    zone,
    key: key.name,
    types: [...new Set(changes.map(({ type }) => type))],
    now: time,
  });
}

function verify(answer: Buffer, key: TsigKey, { mac, server }: { mac: Buffer; server: DnsEndpoint }) {
  try {
    return verifyAnswer(answer, key, mac);
  } catch (cause) {
    throw new MxodusError('DNS_ANSWER', {
      what: `the answer of ${endpointText(server)} is not a DNS message`,
      why: 'it ends in the middle of a record',
      advice: 'check `dns.server`; then run the same command: it looks at the live records first',
      cause,
    });
  }
}
