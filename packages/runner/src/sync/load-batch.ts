import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, flagText } from '@mxodus/engine';
import type { Body, Intent, MailSession, MessageMeta } from '@mxodus/model';
import type { OpenFolder, SyncContext } from './sync-context.ts';

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
  for await (const { uid, body } of reader.fetch(folder.source, [...metas.keys()])) {
    const meta = metas.get(uid);
    if (meta === undefined) continue;
    metas.delete(uid);
    messages.push({
      meta,
      body: { kind: 'memory', bytes: body },
      intent: intentOf(meta, folder, body.length),
    });
  }
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
      const size = await reader.download(folder.source, meta.uid, path);
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
