import { readFile } from 'node:fs/promises';
import { type Alteration, type Body, invariant, MxodusError, type OutgoingMessage } from '@mxodus/model';
import { type CreateFlags, toCreate } from '../flags.ts';
import { GraphRefusal, graphPath } from '../graph/graph.ts';
import { MIGRATION_KEY } from '../properties.ts';
import { systemTime } from '../system-time.ts';
import type { ExchangeWriter, Target, Written } from './exchange-writer.ts';
import { afterSending, type Mailbox, type MailItem, sendOnce } from './mailbox-requests.ts';
import { refusalReason, refusalWords, toError } from './refusals.ts';
import { checkItem } from './wanted-item.ts';

/** What the tenant's importMime (beta) was seen to do with a test message: its dates and read state are documented nowhere (2026-11). */
export interface ImportMimeProof {
  /** What the date of arrival of the copy is. */
  arrival: 'received' | 'date' | 'now';
  /** Whether the copy comes as read. */
  isRead: boolean;
  /** Whether an extended property may be set on it afterwards (Mail-Advanced.ReadWrite.All). */
  keyAllowed: boolean;
}

/** 4 MB is the limit of a request, and the message goes as base64. */
const MOST_BYTES = 2_990_000;
const DOING = 'import a message';

/**
 * importMime (beta): the whole MIME in one request. It takes no date, flags or key: flags follow by PATCH, the key too where the tenant
 * allows it; otherwise the copy is found by its Message-ID. What has no answer is in doubt at once, as nothing of ours names the copy.
 */
export function importMimeWriter(mailbox: Mailbox, proof: ImportMimeProof | null): ExchangeWriter {
  return {
    write: async (message, target) => {
      if (proof === null || proof.arrival === 'now') throw notProven(proof);
      try {
        return await write(mailbox, proof, { message, target });
      } catch (error) {
        throw toError(mailbox, error, DOING);
      }
    },
    close: async () => undefined,
  };
}

const notProven = (proof: ImportMimeProof | null): MxodusError =>
  new MxodusError('CONFIG_INVALID', {
    what: '`writer: graph-importmime` is not proven for this tenant',
    why:
      proof === null
        ? 'importMime is a preview; no test message of this tenant has shown yet which date and state its copies get'
        : 'copies arrive at the time of the import there, so that all dates would be lost',
    advice: 'run `mxodus plan`, which tries it, or set `writer: auto`',
  });

interface Importing {
  message: OutgoingMessage;
  target: Target;
}

async function write(mailbox: Mailbox, proof: ImportMimeProof, { message, target }: Importing): Promise<Written> {
  const size = message.body.kind === 'memory' ? message.body.bytes.length : message.body.size;
  if (size > MOST_BYTES) {
    const response = `${size} bytes: importMime takes ${MOST_BYTES} in one request`;
    return { kind: 'refused', reason: 'too-large', response };
  }
  const imported = await importMime(mailbox, target, await bytesOf(message.body));
  if (imported instanceof GraphRefusal) {
    const reason = refusalReason(mailbox, imported, DOING);
    return { kind: 'refused', reason, response: refusalWords(imported) };
  }
  return await afterSending(mailbox, () => dress(mailbox, proof, { message, target, imported }));
}

/** What importMime does not take. */
async function dress(
  mailbox: Mailbox,
  proof: ImportMimeProof,
  { message, target, imported }: Importing & { imported: MailItem },
): Promise<Written> {
  await checkItem(mailbox, target.folderId, { item: imported, wanted: { draft: false, arrival: null } });
  const flags = toCreate(message.flags, Date.now());
  invariant(!flags.draft, 'importMime makes no drafts');
  const alterations = [...flags.alterations, ...dateAlteration(imported, message.internalDate)];
  alterations.push(...(await patchFlags(mailbox, { itemId: imported.id, flags, proof })));
  alterations.push(...(await patchProperties(mailbox, { itemId: imported.id, flags, proof, key: message.key })));
  return { kind: 'stored', itemId: imported.id, alterations };
}

const bytesOf = async (body: Body): Promise<Buffer> =>
  body.kind === 'memory' ? body.bytes : await readFile(body.path);

async function importMime(mailbox: Mailbox, { folderId }: Target, bytes: Buffer): Promise<MailItem | GraphRefusal> {
  const path = graphPath`/users/${mailbox.user}/mailFolders/${folderId}/importMime`;
  const body = bytes.toString('base64');
  try {
    return await sendOnce(mailbox, { method: 'POST', path, version: 'beta', body, contentType: 'text/plain' });
  } catch (error) {
    if (error instanceof GraphRefusal) return error;
    throw error;
  }
}

function dateAlteration({ receivedDateTime }: MailItem, arrival: number | null): Alteration[] {
  if (arrival === null) return [];
  const same = Math.floor(Date.parse(receivedDateTime ?? '') / 1000) === Math.floor(arrival / 1000);
  const what = `the date of arrival is ${receivedDateTime ?? 'not known'}, not ${systemTime(arrival)}`;
  return same ? [] : [{ what, why: 'importMime takes it from the header' }];
}

interface Patching {
  itemId: string;
  flags: CreateFlags;
  proof: ImportMimeProof;
}

/** The states that stay free to change. */
async function patchFlags(mailbox: Mailbox, { itemId, flags, proof }: Patching): Promise<Alteration[]> {
  const { isRead, ...others } = flags.message;
  const body = { ...others, ...(isRead === proof.isRead ? {} : { isRead }) };
  if (Object.keys(body).length === 0) return [];
  return await patch(mailbox, { itemId, body, what: 'its flags are left out' });
}

async function patchProperties(
  mailbox: Mailbox,
  { itemId, flags, proof, key }: Patching & { key: string },
): Promise<Alteration[]> {
  if (proof.keyAllowed) {
    const singleValueExtendedProperties = [...flags.properties, { id: MIGRATION_KEY, value: key }];
    const what = 'it has no key: it is found by its Message-ID';
    return await patch(mailbox, { itemId, body: { singleValueExtendedProperties }, what });
  }
  if (flags.properties.length === 0) return [];
  const why = 'after importMime they need Mail-Advanced.ReadWrite.All';
  return [{ what: 'the marks of replied, forwarded and junk are left out', why }];
}

/** The message is there whatever becomes of this: a refusal is told, and nothing more. */
async function patch(
  { graph, user }: Mailbox,
  { itemId, body, what }: { itemId: string; body: Readonly<Record<string, unknown>>; what: string },
): Promise<Alteration[]> {
  try {
    await graph.send({ method: 'PATCH', path: graphPath`/users/${user}/messages/${itemId}`, body, repeat: 'safe' });
    return [];
  } catch (error) {
    if (error instanceof GraphRefusal) return [{ what, why: refusalWords(error) }];
    throw error;
  }
}
