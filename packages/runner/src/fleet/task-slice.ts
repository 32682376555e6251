import { invariant, type PlanMailbox, type SliceEnd, type TaskMailbox, type TaskResult } from '@mxodus/model';
import { endsAtOnce } from '../sync/is-temporary.ts';
import { ledgerKey } from '../sync/ledger-key.ts';
import { beginPass, type SliceResult, sliceOfMailbox } from '../sync/pass-over-mailbox.ts';
import { isBetweenImap, shareJobs, sharesOf, widthOf } from './job-needs.ts';
import { backOffMs, MOST_TROUBLES } from './pauses.ts';
import { ProgressNotes } from './progress-notes.ts';
import {
  afterLeaving,
  DONE,
  guards,
  type MailboxView,
  passOptions,
  progressOf,
  type SliceWork,
  staleness,
  viewOf,
} from './slice-work.ts';
import { failedResult, taskResult } from './task-result.ts';

/** Goes on with the mailboxes of a task, one after the other, until they have ended or the slice is over. */
export async function taskSlice(work: SliceWork): Promise<SliceEnd> {
  for (const [index, mailbox] of work.task.mailboxes.entries()) {
    const planned = work.mailboxes[index];
    invariant(planned?.address === mailbox.address, 'the mailboxes of a task are those of its plan');
    if (mailbox.result !== null) continue;
    if (work.clock.signal.aborted) {
      const end = await afterLeaving(work);
      return end === 'cancelled' ? DONE : end;
    }
    const end = await new MailboxTurn(work, mailbox, planned).take();
    if (end !== null) return end;
  }
  return DONE;
}

/**
 * One mailbox in one slice:
 *
 *   what came of it                                       then
 *   the plan is no longer that of the config              ended with PLAN_STALE
 *   first copy of a large mailbox                         its folders are shared out; the whole pass follows
 *   its pass came to an end                               ended
 *   the slice is over                                     later
 *   an error that passes, up to 7 times in a row          later, after a pause that grows
 *   the 8th in a row                                      ended with that error
 *   the lease is lost, or PostgreSQL away                 thrown
 */
class MailboxTurn {
  readonly #work: SliceWork;
  readonly #mailbox: TaskMailbox;
  readonly #planned: PlanMailbox;
  readonly #view: MailboxView;
  readonly #notes: ProgressNotes;
  #passId: number | null;

  constructor(work: SliceWork, mailbox: TaskMailbox, planned: PlanMailbox) {
    const { lease, task, ports } = work;
    this.#work = work;
    this.#mailbox = mailbox;
    this.#planned = planned;
    this.#view = viewOf(mailbox);
    this.#passId = mailbox.passId;
    this.#notes = new ProgressNotes({
      now: () => progressOf(this.#view, planned.messages, ports.worker),
      write: (progress) => ports.store.runs.noteProgress(lease, task.id, mailbox.address, progress),
      onError: (error) => ports.log.trouble({ task: task.id }, error, 'progress was not noted'),
    });
  }

  /** null: the mailbox has ended. */
  async take(): Promise<SliceEnd | null> {
    try {
      const stale = staleness(this.#work);
      if (stale !== null) return await this.#end(failedResult(stale.at(this.#planned.address), this.#mailbox.progress));
      return await this.#go();
    } catch (error) {
      if (endsAtOnce(error)) throw error;
      this.#work.ports.log.trouble({ task: this.#work.task.id }, error, 'a mailbox was given up');
      const result = failedResult(error, this.#mailbox.progress);
      await this.#closePass(result);
      return await this.#end(result);
    } finally {
      await this.#notes.abandon();
    }
  }

  async #go(): Promise<SliceEnd | null> {
    const { mailboxes, project, ports } = this.#work;
    const options = passOptions(this.#work, this.#view, () => this.#notes.changed());
    if (this.#passId === null) {
      const jobs = await this.#shares();
      this.#passId = await beginPass(options, this.#planned);
      await ports.store.runs.notePass(this.#work.lease, this.#work.task.id, this.#planned.address, this.#passId);
      if (jobs.length > 0) return { kind: 'after', jobs };
    }
    const end = await sliceOfMailbox(options, {
      ...{ mailbox: this.#planned, width: widthOf(mailboxes, project), budget: ports.budget },
      ...{ passId: this.#passId, goesOn: this.#mailbox.passId !== null, counters: this.#view.counters },
      ...guards(this.#work),
    });
    if (end.kind === 'over') return this.#end(taskResult(end.result));
    return end.error === null ? this.#left(end) : this.#troubled(end, end.error);
  }

  /** Where the mailbox is large and never was synced, the jobs of its folders. */
  async #shares() {
    const { task, run, plan, project, ledger } = this.#work;
    const [mailbox, ...others] = this.#work.mailboxes;
    if (mailbox === undefined || others.length > 0 || mailbox.messages < project.spreadFrom) return [];
    if (run.onlyFailed || !isBetweenImap(plan, mailbox)) return [];
    const shares = sharesOf(mailbox, project);
    if (shares === null) return [];
    const folders = await ledger.currentFolders(await ledger.openMailbox(ledgerKey(mailbox)));
    return folders.length > 0 ? [] : shareJobs(task.id, mailbox, { shares, servers: project });
  }

  async #left({ end }: Extract<SliceResult, { kind: 'more' }>): Promise<SliceEnd> {
    const { ports, lease, task } = this.#work;
    this.#notes.changed();
    await this.#notes.end();
    if (this.#view.counters.sent > 0 && this.#work.troubles > 0)
      await ports.store.runs.noteTrouble(lease, task.id, null);
    const next = await afterLeaving(this.#work);
    if (next !== 'cancelled') return next;
    await end();
    return DONE;
  }

  async #troubled(
    { end }: Extract<SliceResult, { kind: 'more' }>,
    error: NonNullable<Extract<SliceResult, { kind: 'more' }>['error']>,
  ): Promise<SliceEnd | null> {
    const { ports, lease, task } = this.#work;
    const { runs } = ports.store;
    const troubles = (this.#view.counters.sent > 0 ? 0 : this.#work.troubles) + 1;
    if (troubles >= MOST_TROUBLES) return this.#end(taskResult(await end()));
    const inMs = backOffMs(troubles);
    const until = new Date(Date.now() + inMs);
    const { code, what } = error;
    this.#view.wait = { why: `it is tried again: ${what}`, until: until.toISOString() };
    this.#notes.changed();
    await this.#notes.end();
    if (troubles === 1 && this.#work.troubles > 0) await runs.noteTrouble(lease, task.id, null);
    await runs.noteTrouble(lease, task.id, until);
    ports.log.info({ task: task.id, code, troubles, again_in_ms: inMs }, 'a temporary error');
    return { kind: 'later', inMs };
  }

  /** A pass that could not be opened, or not be counted, is over all the same. */
  async #closePass(result: TaskResult): Promise<void> {
    if (this.#passId === null) return;
    const { ledger, ports, task } = this.#work;
    const finishedAt = new Date().toISOString();
    try {
      await ledger.finishPass(this.#passId, { ...result, error: result.error?.code ?? null, finishedAt });
    } catch (error) {
      if (endsAtOnce(error)) throw error;
      ports.log.trouble({ task: task.id }, error, 'a pass was not finished');
    }
  }

  async #end(result: TaskResult): Promise<null> {
    const { ports, lease, task } = this.#work;
    const { runs } = ports.store;
    await this.#notes.abandon();
    // The next mailbox of the task begins without the troubles of this one.
    if (this.#work.troubles > 0) await runs.noteTrouble(lease, task.id, null);
    this.#work.troubles = 0;
    await runs.endMailbox(lease, task.id, this.#planned.address, result);
    return null;
  }
}
