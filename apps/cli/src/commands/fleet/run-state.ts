import { jobIdOf } from '@mxodus/engine';
import { EXIT, type Run, type RunTask } from '@mxodus/model';
import { counted } from '../../output/figures.ts';
import { commandLine, nextLine } from '../../views/next-step.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import type { FleetVerb } from './fleet-verb.ts';
import { type OpenedFleet, openFleet, requireRun } from './opened-fleet.ts';

/** A wish of a person about the run under way: it is in the ledger first, which is what counts, and then told to the queue. */
interface Wish {
  state: 'running' | 'paused' | 'cancelled';
  /** What the run is after it. */
  said: string;
  next: (opened: OpenedPlan) => string[];
}

const follow = ({ words }: OpenedPlan): string[] => [commandLine('sync', words)];

export const pauseVerb: FleetVerb = (fleet, start) => {
  fleet
    .command('pause')
    .description('Lets the run rest: slices under way end, nothing new begins until `fleet resume`.')
    .argument('<plan>', 'the plan file')
    .action(
      start({ name: 'fleet pause' }, (session, [planPath = '']) =>
        wish(session, planPath, {
          state: 'paused',
          said: 'is paused: slices under way end, nothing new begins',
          next: ({ words }) => [commandLine('fleet resume', words)],
        }),
      ),
    );
};

export const resumeVerb: FleetVerb = (fleet, start) => {
  fleet
    .command('resume')
    .description('Lets a run that was paused go on.')
    .argument('<plan>', 'the plan file')
    .action(
      start({ name: 'fleet resume' }, (session, [planPath = '']) =>
        wish(session, planPath, { state: 'running', said: 'goes on', next: follow }),
      ),
    );
};

export const cancelVerb: FleetVerb = (fleet, start) => {
  fleet
    .command('cancel')
    .description('Ends the run: what is in flight is finished, what was moved stays. A sync orders the rest.')
    .argument('<plan>', 'the plan file')
    .action(
      start({ name: 'fleet cancel' }, (session, [planPath = '']) =>
        wish(session, planPath, {
          state: 'cancelled',
          said: 'is cancelled: what is in flight is finished, what was moved stays',
          next: follow,
        }),
      ),
    );
};

async function wish(session: Session, planPath: string, { state, said, next }: Wish): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  const fleet = await openFleet(session, opened);
  const run = await requireRun(opened, fleet);
  await fleet.store.runs.setState(run.id, state);
  const tasks = await fleet.store.runs.tasks(run.id, 'open');
  if (state === 'cancelled') await takeOut(fleet, tasks);
  const { output } = session;
  const left = tasks.reduce((sum, { mailboxes }) => sum + mailboxes.filter(({ result }) => result === null).length, 0);
  output.print(`${output.style.bold(`Run ${run.id}`)} ${said}. ${counted(left, 'mailbox')} had not ended.`);
  output.print(nextLine(next(opened), output.style));
  return { exitCode: EXIT.done, summary: summaryOf(run, state, left) };
}

const summaryOf = ({ id }: Run, state: string, left: number) => ({ run: id, run_state: state, mailboxes_left: left });

/** The workers find out by themselves within a slice; this way it is at once. */
async function takeOut({ withQueue }: OpenedFleet, tasks: readonly RunTask[]): Promise<void> {
  await withQueue((queue) => queue.cancel(tasks.map(({ id }) => jobIdOf(id))));
}
