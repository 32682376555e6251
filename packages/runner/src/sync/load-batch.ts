import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, flagText } from '@mxodus/engine';
import type { Body, FetchedMessage, Intent, MailSession, MessageMeta } from '@mxodus/model';
import { arrivalDate } from './arrival-date.ts';
import { confirmBodies, type ReadBody } from './confirm-bodies.ts';
import { headerDigest, headOfFile } from './content-digest.ts';
import { fetchAround } from './fetch-around.ts';
import { findNul } from './nul-bytes.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

export interface LoadedMessage {
  meta: MessageMeta;
  body: Body;
  /** The date it is sent with; see arrivalDate. */
  arrival: number | null;
  /** Of what the source shows by BODY[], whatever is sent: doubt is resolved by what BODY[] shows at both ends. */
  intent: Intent;
  /** What the destination cannot keep of the body. */
  altered?: { what: string; why: string };
}

export interface LoadedBatch {
  messages: LoadedMessage[];
  /** Asked for, and not given by the source. */
  missing: number[];
  /** Removes what was spilled to disk. */
  discard(): Promise<void>;
}

/** Reads the bodies of a batch from the source: into memory, or a large one to a file. */
export async function loadBatch(
  context: SyncContext,
  folder: OpenFolder,
  from: { reader: MailSession; batch: Batch },
): Promise<LoadedBatch> {
  const { reader, batch } = from;
  if (batch.kind === 'disk') return loadToDisk(context, folder, from);
  const metas = new Map(batch.messages.map((meta) => [meta.uid, meta]));
  const read: ReadBody[] = [];
  const take = ({ uid, body }: FetchedMessage): void => {
    const meta = metas.get(uid);
    if (meta !== undefined) read.push({ meta, bytes: body });
  };
  const fetch = (uids: readonly number[]) => reader.fetch(folder.source, uids, folder.sourceUidValidity);
  await fetchAround(fetch, { uids: [...metas.keys()], take });
  const confirmed = await confirmBodies(context, folder, { reader, read });
  const nul = await findNul(context, folder, { reader, read: confirmed });
  const messages = confirmed.map(({ meta, bytes }): LoadedMessage => {
    metas.delete(meta.uid);
    const sent = { bytes, ...nul.get(meta.uid) };
    return {
      meta,
      body: { kind: 'memory', bytes: sent.bytes },
      arrival: arrivalDate(meta, bytes),
      intent: intentOf(meta, folder, { bytes: bytes.length, digest: headerDigest(bytes) }),
      ...('altered' in sent ? { altered: sent.altered } : {}),
    };
  });
  return { messages, missing: [...metas.keys()], discard: async () => undefined };
}

async function loadToDisk(
  context: SyncContext,
  folder: OpenFolder,
  { reader, batch }: { reader: MailSession; batch: Batch },
): Promise<LoadedBatch> {
  const messages: LoadedMessage[] = [];
  const missing: number[] = [];
  const files: string[] = [];
  const discard = async (): Promise<void> => {
    for (const file of files) await rm(file, { force: true });
  };
  try {
    for (const meta of batch.messages) {
      const path = join(context.tempDir, `message-${crypto.randomUUID()}`);
      files.push(path);
      const size = await downloadTwice(context, folder, { reader, meta, path });
      if (size === null) {
        missing.push(meta.uid);
        continue;
      }
      const head = await headOfFile(path);
      const intent = intentOf(meta, folder, { bytes: size, digest: headerDigest(head) });
      messages.push({ meta, body: { kind: 'file', path, size }, arrival: arrivalDate(meta, head), intent });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return { messages, missing, discard };
}

/** Once, where its size is the one that was listed; else twice, and only two equal sizes are believed. */
async function downloadTwice(
  { counters }: SyncContext,
  { source, sourceUidValidity }: OpenFolder,
  { reader, meta, path }: { reader: MailSession; meta: MessageMeta; path: string },
): Promise<number | null> {
  const to = { file: path, uidValidity: sourceUidValidity };
  const size = await reader.download(source, meta.uid, to);
  if (size === null || size === meta.bytes || reader.keyed !== null) return size;
  const again = await reader.download(source, meta.uid, to);
  if (again === size) counters.wrongSizes += 1;
  return again === size || again === meta.bytes ? again : null;
}

const intentOf = (meta: MessageMeta, folder: OpenFolder, body: { bytes: number; digest: string | null }): Intent => ({
  uid: meta.uid,
  internalDate: meta.internalDate,
  flags: flagText(meta.flags),
  floor: folder.atDestination.uidNext,
  emailId: meta.emailId ?? null,
  ...body,
});
