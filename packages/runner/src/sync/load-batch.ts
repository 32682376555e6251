import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, flagText } from '@mxodus/engine';
import {
  type Body,
  type ErrorCode,
  type FetchedMessage,
  type Intent,
  type MailSession,
  type MessageMeta,
  MxodusError,
} from '@mxodus/model';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/** The server answered, and its answer was NO. */
const REFUSALS: readonly ErrorCode[] = ['SERVER_ANSWER', 'SERVER_BUSY', 'PERMISSION_DENIED'];

export interface LoadedMessage {
  meta: MessageMeta;
  body: Body;
  intent: Intent;
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
  const messages: LoadedMessage[] = [];
  const take = ({ uid, body }: FetchedMessage): void => {
    const meta = metas.get(uid);
    if (meta === undefined) return;
    metas.delete(uid);
    messages.push({ meta, body: { kind: 'memory', bytes: body }, intent: intentOf(meta, folder, body.length) });
  };
  await fetchAround(reader, folder, { uids: [...metas.keys()], take });
  return { messages, missing: [...metas.keys()], discard: async () => undefined };
}

/**
 * Fetches the messages; where the server ends a FETCH with NO (one damaged message is enough), the rest is halved until only what it
 * really does not give is left out.
 */
async function fetchAround(
  reader: MailSession,
  folder: OpenFolder,
  { uids, take }: { uids: readonly number[]; take: (message: FetchedMessage) => void },
): Promise<void> {
  const left = new Set(uids);
  try {
    for await (const message of reader.fetch(folder.source, uids, folder.sourceUidValidity)) {
      left.delete(message.uid);
      take(message);
    }
  } catch (error) {
    const refused = error instanceof MxodusError && REFUSALS.includes(error.code);
    if (!refused) throw error;
    if (uids.length === 1) return;
    const rest = [...left];
    const half = Math.max(1, rest.length >> 1);
    if (rest.length > 0) await fetchAround(reader, folder, { uids: rest.slice(0, half), take });
    if (rest.length > half) await fetchAround(reader, folder, { uids: rest.slice(half), take });
  }
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
      const size = await reader.download(folder.source, meta.uid, {
        file: path,
        uidValidity: folder.sourceUidValidity,
      });
      if (size === null) {
        missing.push(meta.uid);
        continue;
      }
      const intent = intentOf(meta, folder, size);
      messages.push({ meta, body: { kind: 'file', path, size }, intent });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return { messages, missing, discard };
}

const intentOf = (meta: MessageMeta, folder: OpenFolder, bytes: number): Intent => ({
  uid: meta.uid,
  internalDate: meta.internalDate,
  flags: flagText(meta.flags),
  floor: folder.floor,
  bytes,
});
