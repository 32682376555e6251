import { flagsOfText, sendAgain } from '@mxodus/engine';
import type { Folder, LedgerFolder, MessageMeta, Plan } from '@mxodus/model';
import { adoptBackwards } from './adopt-backwards.ts';
import { adoptPresent } from './adopt-present.ts';
import { applyFlags } from './apply-flags.ts';
import { copyFolder, type Finished } from './copy-folder.ts';
import { CopyQueue } from './copy-queue.ts';
import { finishFolder, finishUnchanged } from './finish-folder.ts';
import type { FolderTask } from './folder-task.ts';
import { followDeletes } from './follow-deletes.ts';
import { followLabels } from './follow-labels.ts';
import { followMoves } from './follow-moves.ts';
import { forgetRestored } from './forget-restored.ts';
import { endHalfMoves } from './half-moves.ts';
import { inOrder } from './in-order.ts';
import { endsAtOnce, isTemporary } from './is-temporary.ts';
import { runLanes } from './lanes.ts';
import { leaveTwins } from './leave-twins.ts';
import { locateStored } from './locate-stored.ts';
import { lookAtFolder, nothingNew } from './look-at-folder.ts';
import { openAtDestination } from './open-at-destination.ts';
import { placeFolders } from './place-folders.ts';
import { resolveDoubt } from './resolve-doubt.ts';
import { settingAside } from './set-aside.ts';
import type { FolderWork, SyncContext } from './sync-context.ts';
import type { Totals } from './totals.ts';
import { windows } from './windows.ts';

/**
 * One look over the whole mailbox and everything that follows from it:
 *
 *   place folders -> look at each -> moves, deletes -> adopt, flags, copy -> count
 *
 * Lanes copy while folders are still looked at, except where a message new in one folder may have been moved there from another:
 * then all folders are looked at first. What ended the pass early is thrown; folders that were finished stay so.
 */
export async function mailboxPass(context: SyncContext, plan: Plan, totals: Totals): Promise<void> {
  const [source, destination] = await Promise.all([context.connections.source(), context.connections.destination()]);
  const placed = await placeFolders(context.mailbox, plan, {
    source,
    destination,
    signal: context.signal,
    labels: context.rules.labels,
  });
  await context.backwards?.begin(context, placed.tasks);
  const before = await context.ledger.currentFolders(context.mailboxId);
  const isGmail = source.facts.capabilities.includes('X-GM-EXT-1');
  if (!isGmail) context.rules.labels = null;
  const { share } = context;
  // The labels of a message are decided over all its folders.
  if (isGmail && share !== null) return;
  if (share !== null) placed.tasks = placed.tasks.filter((task) => share.has(task.source));
  context.labelFolders = placed.tasks.map((task) => task.source);
  await totals.begin(context, placed);
  if (!context.rules.onlyFailed && share === null) await noteVanishedFolders(context, before, placed.listed);
  const mayMove = (before.length > 0 && share === null) || context.backwards !== null;
  const pass = new Pass(context, totals, { mayMove, destination: placed.destination });
  await pass.over(placed.tasks.filter((task) => !totals.isFinished(task.source)));
  await context.backwards?.end(context);
}

/** A folder that is gone took its messages with it, or was renamed. */
async function noteVanishedFolders(
  context: SyncContext,
  before: readonly LedgerFolder[],
  listed: ReadonlySet<string>,
): Promise<void> {
  for (const folder of before.filter(({ source }) => !listed.has(source))) await noteAllExpunged(context, folder);
}

/** Page by page: a folder may hold half a million. */
async function noteAllExpunged({ ledger }: SyncContext, folder: LedgerFolder): Promise<void> {
  const messages = await ledger.countListed(folder.id);
  if (messages === 0) return;
  for (const range of windows({ uidNext: folder.finished?.uidNext ?? 2 ** 32, messages })) {
    const rows = await ledger.messages(folder.id, range);
    await ledger.noteExpunged(
      folder.id,
      rows.map(({ uid }) => uid),
    );
  }
}

/** Folders looked at ahead: at a long round trip a folder costs no more than its share of it. */
const LOOKS = 4;

class Pass {
  readonly #context: SyncContext;
  readonly #totals: Totals;
  readonly #mayMove: boolean;
  /** The folders of the destination when the pass began. */
  readonly #destination: readonly Folder[];
  readonly #queue = new CopyQueue();
  readonly #copies: Promise<void>[] = [];
  /** The last copy into a destination folder. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(
    context: SyncContext,
    totals: Totals,
    { mayMove, destination }: { mayMove: boolean; destination: readonly Folder[] },
  ) {
    this.#context = context;
    this.#totals = totals;
    this.#destination = destination;
    this.#mayMove = mayMove && !context.rules.onlyFailed;
  }

  async over(tasks: readonly FolderTask[]): Promise<void> {
    const lanes = runLanes(this.#context, this.#queue);
    const errors: unknown[] = [];
    try {
      await this.#prepare(tasks);
    } catch (error) {
      errors.push(error);
      this.#queue.abandon();
    } finally {
      this.#queue.close();
      lanes.allLooked();
      errors.push(...(await lanes.ended));
      const ends = await Promise.allSettled(this.#copies);
      errors.push(...ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
    }
    this.#context.signal.throwIfAborted();
    if (errors.length > 0) throw worst(errors);
  }

  async #prepare(tasks: readonly FolderTask[]): Promise<void> {
    const works: FolderWork[] = [];
    const { signal } = this.#context;
    for await (const { task, work } of inOrder(tasks, LOOKS, (one) => this.#lookOrSetAside(one))) {
      signal.throwIfAborted();
      if (work === null) continue;
      if (this.#mayMove) works.push(work);
      else await settingAside(this.#context, { task, work }, () => this.#start(work));
    }
    if (!this.#mayMove) return;
    const gone = await followMoves(this.#context, works);
    await followDeletes(this.#context, works, gone);
    if (this.#context.backwards !== null) await adoptBackwards(this.#context, works, this.#destination);
    for (const work of works) {
      this.#context.signal.throwIfAborted();
      await settingAside(this.#context, { task: work.task, work }, () => this.#start(work));
    }
  }

  async #lookOrSetAside(task: FolderTask): Promise<{ task: FolderTask; work: FolderWork | null }> {
    this.#context.signal.throwIfAborted();
    let work: FolderWork | null = null;
    await settingAside(this.#context, { task, work: null }, async () => {
      work = await this.#look(task);
    });
    return { task, work };
  }

  /** null: nothing changed, and it is counted; of a share, it is finished. */
  async #look(task: FolderTask): Promise<FolderWork | null> {
    const { ledger, mailboxId, rules, share } = this.#context;
    const { source, destination, status } = task;
    const row = await ledger.openFolder(mailboxId, { source, uidValidity: status.uidValidity, destination });
    if (share !== null && row.finished !== null) return null;
    const earlier = row.finished === null ? await ledger.earlierFolder(row.id) : null;
    // The same messages under other UIDs: what is known of them is found again as if they had moved.
    if (earlier !== null) await noteAllExpunged(this.#context, earlier);
    const unsettled = await ledger.unsettled(row.id);
    if (unsettled.some(({ state }) => state === 'intent')) {
      const open = await openAtDestination(this.#context, task, { row, wanted: true });
      if (open !== null) {
        const found = await resolveDoubt(this.#context, open);
        // It was stored by an attempt whose line died before the answer: that attempt got on.
        this.#context.counters.sent += found.length;
        await endHalfMoves(this.#context, found);
      }
    }
    await forgetRestored(this.#context, task, row);
    await this.#followDestination(task, row);
    if (rules.onlyFailed && unsettled.length === 0) {
      this.#totals.add(task, await finishUnchanged(this.#context, task, row));
      return null;
    }
    const look = rules.onlyFailed ? nothingNew(task) : await lookAtFolder(this.#context, task, row);
    await ledger.noteExpunged(row.id, look.vanished);
    if (look.rung === 'unchanged' && !(await this.#mayRetry(row))) {
      this.#totals.add(task, await finishUnchanged(this.#context, task, row));
      return null;
    }
    const left = share === null ? 0 : await leaveTwins(this.#context, row, look);
    return {
      ...{ task, row, look, left, open: null, retry: [], keywords: new Map() },
      ...{ expunged: 0, appended: 0, moves: 0, deletes: 0 },
    };
  }

  /** With another UIDVALIDITY at the destination the copies have other UIDs; flags and moves need them. */
  async #followDestination(task: FolderTask, row: LedgerFolder): Promise<void> {
    const now = task.atDestination?.status.uidValidity;
    if (now === undefined || row.destinationUidValidity === null || row.destinationUidValidity === now) return;
    const open = await openAtDestination(this.#context, task, { row, wanted: true });
    if (open !== null && !this.#context.rules.dryRun) await locateStored(this.#context, open);
  }

  async #mayRetry({ id }: LedgerFolder): Promise<boolean> {
    return (await this.#context.ledger.unsettled(id)).length > 0;
  }

  async #start(work: FolderWork): Promise<void> {
    const { ledger, connections } = this.#context;
    const { task, row, look } = work;
    const { appendLimit } = (await connections.destination()).facts;
    const again = (await ledger.unsettled(row.id)).filter(
      (message) => message.passId !== this.#context.passId && sendAgain(message, appendLimit),
    );
    const wanted = look.added.length + again.length > 0;
    work.open = await openAtDestination(this.#context, task, { row, wanted });
    await applyFlags(this.#context, work.open, { ledgerId: row.id, flagged: look.flagged });
    if (work.open !== null && wanted) await this.#context.backwards?.beforeSending(task.destination);
    if (work.open !== null && look.added.length > 0 && this.#context.backwards === null) {
      if (this.#context.rules.labels !== null) await Promise.all(this.#underWay.values());
      await followLabels(this.#context, work, work.open);
      // What is under way to the same folder from another one would be taken for somebody else's.
      await this.#underWay.get(task.destination);
      await locateStored(this.#context, work.open);
      look.added = look.added.without(await adoptPresent(this.#context, work.open, { row, added: look.added }));
    }
    const flagsNow = new Map(look.flagged.map(({ row: message, flags }) => [message.uid, flags]));
    work.retry = await this.#readAgain(
      task,
      again.map((message) => metaOf(message, flagsNow.get(message.uid))),
    );
    const done = copyFolder(this.#context, work, this.#queue).then((finished) => this.#finish(work, finished));
    // Awaited at the end of the pass; until then a rejection is not unhandled.
    const ended = done.catch(() => undefined);
    this.#underWay.set(task.destination, ended);
    this.#copies.push(done);
  }

  /** What the source did not tell of a message when it was listed it may tell now. */
  async #readAgain(task: FolderTask, messages: readonly MessageMeta[]): Promise<MessageMeta[]> {
    const session = await this.#context.connections.source();
    return Promise.all(
      messages.map(async (message) => {
        if (message.internalDate !== null) return message;
        const scan = await session.scan(task.source, { range: { from: message.uid, to: message.uid } });
        return scan.messages[0] ?? message;
      }),
    );
  }

  async #finish(work: FolderWork, finished: Finished): Promise<void> {
    // What ended the lanes says why; the next attempt goes on here.
    if (!finished.complete || work.left > 0) return;
    this.#totals.add(work.task, await finishFolder(this.#context, work, finished.missing));
  }
}

const metaOf = (message: FolderWork['look']['flagged'][number]['row'], flags?: readonly string[]): MessageMeta => ({
  uid: message.uid,
  flags: flags ?? flagsOfText(message.flags),
  internalDate: message.internalDate,
  bytes: message.bytes,
  ...(message.emailId === null ? {} : { emailId: message.emailId }),
});

/** A lost connection is tried again; anything else is not, and says more. What ends at once may have been the cause of the others. */
function worst(errors: readonly unknown[]): unknown {
  return errors.find(endsAtOnce) ?? errors.find((error) => !isTemporary(error)) ?? errors[0];
}
