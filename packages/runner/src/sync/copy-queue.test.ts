import type { Batch } from '@mxodus/engine';
import { describe, expect, it } from 'vitest';
import { CopyQueue } from './copy-queue.ts';
import { FolderCopy } from './folder-copy.ts';
import { MessageTable } from './message-table.ts';
import type { FolderWork, OpenFolder } from './sync-context.ts';

const open: OpenFolder = {
  ledgerId: 1,
  source: 'INBOX',
  sourceUidValidity: 1,
  destination: 'INBOX',
  destinationUidValidity: 1,
  permanentFlags: null,
  atDestination: { messages: 0, uidNext: 1, uidValidity: 1, highestModseq: null, bytes: null },
  appendLimit: null,
};

const status = { messages: 0, uidNext: 1, uidValidity: 1, highestModseq: null, bytes: null };
const work: FolderWork = {
  task: {
    source: 'INBOX',
    destination: 'INBOX',
    role: null,
    subscribed: false,
    renamed: null,
    status,
    atDestination: null,
  },
  row: {
    id: 1,
    source: 'INBOX',
    uidValidity: 1,
    destination: 'INBOX',
    destinationUidValidity: null,
    finished: null,
    destinationFinished: null,
    buckets: null,
  },
  look: { rung: 'full-scan', rowsRead: 0, status, added: new MessageTable(), flagged: [], vanished: [] },
  open,
  retry: [],
  expunged: 0,
  appended: 0,
  moves: 0,
  deletes: 0,
  left: 0,
  keywords: new Map(),
};

const batchOf = (...uids: number[]): Batch => ({
  kind: 'memory',
  bytes: 1,
  messages: uids.map((uid) => ({ uid, flags: [], internalDate: null, bytes: 1 })),
});

function copyOf(...batches: Batch[]): { copy: FolderCopy; tasks: ReturnType<FolderCopy['tasks']>; messages: number } {
  const copy = new FolderCopy(work, open);
  const messages = batches.reduce((sum, batch) => sum + batch.messages.length, 0);
  return { copy, tasks: copy.tasks(batches), messages };
}

const uidsOf = async (queue: CopyQueue) => (await queue.next(0))?.batch.messages.map(({ uid }) => uid);

describe('CopyQueue', () => {
  it('gives the batches of one folder after those of the other, and then null', async () => {
    const queue = new CopyQueue();
    for (const { copy, tasks, messages } of [copyOf(batchOf(1), batchOf(2)), copyOf(batchOf(3))])
      queue.add(copy, tasks, messages);
    queue.close();
    expect([await uidsOf(queue), await uidsOf(queue), await uidsOf(queue)]).toEqual([[1], [2], [3]]);
    expect(await queue.next(0)).toBeNull();
  });

  it('lets a lane wait for work that comes later', async () => {
    const queue = new CopyQueue();
    const waiting = uidsOf(queue);
    const { copy, tasks, messages } = copyOf(batchOf(7));
    queue.add(copy, tasks, messages);
    expect(await waiting).toEqual([7]);
  });

  it('says whether there is more than a lane can do', async () => {
    const queue = new CopyQueue();
    const second = queue.hasMoreThan(1);
    const third = queue.hasMoreThan(100);
    const { copy, tasks, messages } = copyOf(batchOf(1, 2));
    queue.add(copy, tasks, messages);
    expect(await second).toBe(true);
    queue.close();
    expect(await third).toBe(false);
  });

  it('ends every wait when it is closed', async () => {
    const queue = new CopyQueue();
    const waits = [queue.next(0), queue.next(1)];
    queue.close();
    expect(await Promise.all(waits)).toEqual([null, null]);
  });
});

describe('FolderCopy', () => {
  it('is complete when every batch ended well', async () => {
    const { copy, tasks } = copyOf(batchOf(1), batchOf(2));
    for (const task of tasks) task.copy.ended('done');
    expect(await copy.finished).toBe(true);
  });

  it('is not when one failed, or none came for the rest', async () => {
    const failed = copyOf(batchOf(1));
    for (const task of failed.tasks) task.copy.ended('failed');
    expect(await failed.copy.finished).toBe(false);

    const queue = new CopyQueue();
    const left = copyOf(batchOf(1), batchOf(2));
    queue.add(left.copy, left.tasks, 2);
    (await queue.next(0))?.copy.ended('done');
    queue.abandon();
    expect(await left.copy.finished).toBe(false);

    const late = copyOf(batchOf(1));
    queue.add(late.copy, late.tasks, 1);
    expect(await late.copy.finished).toBe(false);
  });
});
