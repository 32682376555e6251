import { acceptFlags, diagnose, longestLine, type Repair, repairsFor } from '@mxodus/engine';
import type { Appender, AppendOutcome } from '@mxodus/model';
import { notMoved } from './copy-folder.ts';
import { keyOf } from './keyed-copies.ts';
import type { LoadedMessage } from './load-batch.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';

/** Exchange ends the connection after ten refusals in a row. */
const MOST_REPAIRS = 8;

type Refusal = Extract<AppendOutcome, { kind: 'refused' }>;

/**
 * The destination refused a message, and not for its size or for want of room: the smallest repair that may help is tried, then the
 * next. The original stays as it is at the source; each alteration is reported. The intent of the message stays open meanwhile. What no
 * repair helps is set aside with the server's words. Returns whether it was stored.
 */
export async function sendRepaired(
  context: SyncContext,
  folder: OpenFolder,
  { appender, message, refusal }: { appender: Appender; message: LoadedMessage; refusal: Refusal },
): Promise<boolean> {
  const { ledger, passId } = context;
  const { meta, body, arrival } = message;
  const flags = acceptFlags(meta.flags, folder.permanentFlags).flags;
  const original = body.kind === 'memory' ? { flags, internalDate: arrival, body: body.bytes } : null;
  const repairs = original === null ? [] : repairsFor(original, refusal, { appendLimit: folder.appendLimit });
  const key = keyOf(context, folder, meta.uid);
  let last = refusal;
  const tried: string[] = [];
  for (const repair of repairs.slice(0, MOST_REPAIRS)) {
    tried.push(repair.name);
    const { outcomes, uidValidity } = await appender.append(folder.destination, [{ ...outgoing(repair), key }]);
    if (uidValidity !== null && uidValidity !== folder.destinationUidValidity)
      throw uidValidityChanged('destination', folder.destination);
    const outcome = outcomes[0];
    if (outcome?.kind === 'stored') {
      await ledger.settle(folder.ledgerId, passId, [{ uid: meta.uid, kind: 'stored', destinationUid: outcome.uid }]);
      await report(context, folder, {
        uid: meta.uid,
        altered: message.altered === undefined ? [repair] : [message.altered, repair],
      });
      return true;
    }
    if (outcome !== undefined) last = outcome;
    if (['quota', 'busy', 'no-folder', 'too-large'].includes(last.reason)) break;
  }
  const after = tried.length === 0 ? '' : ` (also after: ${tried.join(', ')})`;
  const cause =
    original === null ? null : await explain(context, folder, { response: last.response, body: original.body });
  const reason = `the destination refused it: ${cause ?? last.response}${after}`;
  await ledger.settle(folder.ledgerId, passId, [notMoved(meta, 'failed', reason)]);
  return false;
}

/** Exchange tells too large, too full and a line too long by one and the same text. */
async function explain(
  { connections }: SyncContext,
  { appendLimit }: OpenFolder,
  { response, body }: { response: string; body: Buffer },
): Promise<string | null> {
  const facts = { bytes: body.length, longestLine: longestLine(body), appendLimit };
  if (diagnose(response, { ...facts, quota: null }) === null) return null;
  const quota = await (await connections.destination()).quota();
  return diagnose(response, { ...facts, quota });
}

const outgoing = ({ flags, internalDate, body }: Repair) => ({
  flags,
  internalDate,
  body: { kind: 'memory' as const, bytes: body },
});

async function report(
  context: SyncContext,
  folder: OpenFolder,
  { uid, altered }: { uid: number; altered: readonly { what: string; why: string }[] },
): Promise<void> {
  const alterations = altered.map(({ what, why }) => ({ uid, what, why }));
  await context.ledger.addAlterations(context.passId, folder.ledgerId, alterations);
  for (const alteration of alterations)
    context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: folder.source, ...alteration });
}
