import { appendOnly } from '@mxodus/engine';
import {
  EXIT,
  type ExitCode,
  type FleetStore,
  type NotMovedRow,
  type PlanMailbox,
  type Run,
  type RunTask,
} from '@mxodus/model';
import { runResult, type SyncResult, tasksOf } from '@mxodus/runner';
import { type FleetWords, type FoundRun, followText, leftText } from '../../views/fleet-sync.ts';
import { SyncProgress } from '../../views/sync-progress.ts';
import type { OpenedPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import { fleetNotices } from './fleet-notices.ts';
import { followRun } from './follow-run.ts';
import { isOpen } from './open-run.ts';
import { openFleet } from './opened-fleet.ts';
import { orderRun } from './order-run.ts';
import { type MailboxBefore, RunEvents } from './run-events.ts';

export interface FleetSync {
  /** Of the plan, those of this run. */
  mailboxes: readonly PlanMailbox[];
  onlyFailed: boolean;
  /** Order it and leave. */
  detach: boolean;
  words: FleetWords;
}

/** A run that was followed to its end, or one that goes on without this command. */
export type FleetSyncEnd =
  | { kind: 'over'; run: Run; result: SyncResult; notMoved: readonly NotMovedRow[] }
  | { kind: 'left'; outcome: Outcome };

/** A sync by the workers of a fleet: orders it, or finds the one under way for the same order, and follows it by reading the ledger. */
export async function fleetSync(session: Session, opened: OpenedPlan, sync: FleetSync): Promise<FleetSyncEnd> {
  const { store } = await openFleet(session, opened);
  const { plan, project } = opened;
  const { mailboxes, onlyFailed, detach } = sync;
  const chosen = new Set(mailboxes);
  const order = { project: plan.project, plan, tasks: tasksOf(plan, (mailbox) => chosen.has(mailbox)), onlyFailed };
  const found = await orderRun(store, order, async () => appendOnly(await project.journal()));
  const tasks = await store.runs.tasks(found.run.id, 'all');
  if (detach) {
    await fleetNotices(session, opened, found.run).workers(store);
    return { kind: 'left', outcome: leave(session, found, { ...sync, exitCode: EXIT.done }) };
  }
  session.stopWords.first = `Leaving: run ${found.run.id} goes on without this command.`;
  session.output.notice(followText(found, tasks));
  const run = await follow(session, opened, { store, tasks, found, sync });
  session.output.end();
  if (isOpen(run)) {
    // Not done, and not undone either: what comes after this command in a script must not believe that it is over.
    return { kind: 'left', outcome: leave(session, { run, isNew: false }, { ...sync, exitCode: EXIT.interrupted }) };
  }
  const result = runResult(run, await store.runs.tasks(run.id, 'all'), session.now());
  return { kind: 'over', run, result, notMoved: await notMovedOf(opened, mailboxes) };
}

async function follow(
  session: Session,
  opened: OpenedPlan,
  { store, tasks, found, sync }: { store: FleetStore; tasks: readonly RunTask[]; found: FoundRun; sync: FleetSync },
): Promise<Run> {
  const { output, signal } = session;
  const events = new RunEvents({
    before: await mailboxesBefore(opened, sync.mailboxes),
    appendOnly: found.run.appendOnly,
  });
  const { length } = sync.mailboxes;
  const view = new SyncProgress({ mailboxes: length, style: output.progressStyle, log: output.isLog, inFleet: true });
  // What ended before somebody came back to the run is told to programs, and to people as a number.
  for (const event of events.look(tasks.map((task) => partOf(task, { ended: true })))) {
    output.line(event);
    if (event.type === 'mailbox_finished') view.endedBefore(event);
  }
  const show = output.begin(view);
  for (const event of events.look(tasks.map((task) => partOf(task, { ended: false })))) show(event);
  const { onState } = fleetNotices(session, opened, found.run);
  return followRun({ runs: store.runs, run: found.run, events, emit: show, signal, onState });
}

/** The task with those of its mailboxes only that have ended, or have not. */
const partOf = (task: RunTask, { ended }: { ended: boolean }): RunTask => ({
  ...task,
  mailboxes: task.mailboxes.filter(({ result }) => (result !== null) === ended),
});

function leave(
  { output }: Session,
  found: FoundRun,
  { words, detach, exitCode }: FleetSync & { exitCode: ExitCode },
): Outcome {
  output.print(leftText(found, { words, detached: detach }, output.style));
  return { exitCode, summary: { run: found.run.id, run_state: found.run.state } };
}

async function mailboxesBefore(
  { project }: OpenedPlan,
  mailboxes: readonly PlanMailbox[],
): Promise<Map<string, MailboxBefore>> {
  const ledger = await project.readLedger();
  try {
    const counts = new Map((await ledger?.counts())?.map((row) => [row.address, row]));
    return new Map(
      mailboxes.map(({ address, messages }) => {
        const { stored = 0, cannot = 0, intent = 0 } = counts.get(address) ?? {};
        return [address, { messages, known: stored + cannot, inDoubt: intent }];
      }),
    );
  } finally {
    await ledger?.close();
  }
}

async function notMovedOf({ project }: OpenedPlan, mailboxes: readonly PlanMailbox[]): Promise<NotMovedRow[]> {
  const ledger = await project.readLedger();
  try {
    const chosen = new Set(mailboxes.map(({ address }) => address));
    return ((await ledger?.notMoved()) ?? []).filter(({ address }) => chosen.has(address));
  } finally {
    await ledger?.close();
  }
}
