import type { Ledger } from '@mxodus/model';
import type { Metrics, WriteName } from './metrics.ts';

/** The same ledger; what is stored through it is counted, and how long its writes take. */
export function measuredLedger(ledger: Ledger, { project, metrics }: { project: string; metrics: Metrics }): Ledger {
  /** Of messages about to be sent, by UID: what a settlement says of a stored one has no size. */
  const folders = new Map<number, Map<number, number>>();
  const bytesIn = (folderId: number): Map<number, number> => {
    const known = folders.get(folderId) ?? new Map<number, number>();
    folders.set(folderId, known);
    return known;
  };
  const timed = async <T>(what: WriteName, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      return await work();
    } finally {
      metrics.ledgerWrite(what, (performance.now() - started) / 1000);
    }
  };
  return {
    ...ledger,
    writeIntents: async (folderId, passId, intents) => {
      await timed('intents', () => ledger.writeIntents(folderId, passId, intents));
      const bytesOf = bytesIn(folderId);
      for (const { uid, bytes } of intents) bytesOf.set(uid, bytes);
    },
    settle: async (folderId, passId, settlements) => {
      await timed('settle', () => ledger.settle(folderId, passId, settlements));
      const bytesOf = bytesIn(folderId);
      const moved = { messages: 0, bytes: 0 };
      for (const { uid, kind } of settlements) {
        const bytes = bytesOf.get(uid);
        bytesOf.delete(uid);
        // Without an intent of this slice it was sent by another one, and found now.
        if (kind !== 'stored' || bytes === undefined) continue;
        moved.messages += 1;
        moved.bytes += bytes;
      }
      if (moved.messages > 0) metrics.moved(project, moved);
    },
    adopt: (folderId, passId, adoptions) => timed('adopt', () => ledger.adopt(folderId, passId, adoptions)),
    finishFolder: (folderId, state) => timed('folder', () => ledger.finishFolder(folderId, state)),
  };
}
