import type { LedgerMessage } from '@mxodus/model';
import { placesAtDestination } from './places-at-destination.ts';
import type { SyncContext } from './sync-context.ts';

/**
 * A move of an earlier pass was cut off: the message is in the new folder, and the ledger still knows it in the old one. Where the
 * server has no MOVE (RFC 6851) its copy may still be there too, and is removed now.
 */
export async function endHalfMoves(context: SyncContext, found: readonly LedgerMessage[]): Promise<void> {
  if (found.length === 0) return;
  const gone = await context.ledger.goneMessages(context.mailboxId);
  const ended = found.flatMap((message) => {
    const at = gone.findIndex(
      (one) => one.digest !== null && one.digest === message.digest && one.bytes === message.bytes,
    );
    return at < 0 ? [] : gone.splice(at, 1);
  });
  if (ended.length === 0) return;
  for (const { path, present } of await placesAtDestination(context, ended)) {
    const session = await context.connections.destination();
    await session.expunge(
      path,
      present.map(({ destinationUid }) => destinationUid),
    );
  }
  await context.ledger.forgetGone(ended);
}
