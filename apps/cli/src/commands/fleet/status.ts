import { fleetJobOf } from '@mxodus/engine';
import { EXIT, type JobQueue, type JobState } from '@mxodus/model';
import { z } from 'zod';
import { type FleetView, fleetText } from '../../views/fleet.ts';
import { fleetLines, fleetSummary } from '../../views/fleet-json.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import type { FleetVerb } from './fleet-verb.ts';
import { WORKER_SEEN_MS } from './follow-run.ts';
import { openFleet } from './opened-fleet.ts';

const optionsSchema = z.object({});

export const statusVerb: FleetVerb = (fleet, start) => {
  fleet
    .command('status')
    .description('The run, its tasks by state, the workers, and what waits for what. Reads the ledger and the queue.')
    .argument('<plan>', 'the plan file')
    .action(
      start({ name: 'fleet status' }, async (session, [planPath = ''], options) => {
        optionsSchema.parse(options);
        return status(session, await openPlan(session, planPath));
      }),
    );
};

async function status(session: Session, opened: OpenedPlan): Promise<Outcome> {
  const { output } = session;
  const view = await lookAtFleet(session, opened);
  for (const line of fleetLines(view)) output.line(line);
  output.print(fleetText(view, output.style));
  return { exitCode: EXIT.done, summary: fleetSummary(view) };
}

async function lookAtFleet(session: Session, opened: OpenedPlan): Promise<FleetView> {
  const { plan, words } = opened;
  const { store, fleet, withQueue } = await openFleet(session, opened);
  const run = await store.runs.latest(plan.project);
  const seen = await store.runs.workers(WORKER_SEEN_MS);
  const isOver = run === null || run.endedAt !== null;
  return {
    project: plan.project,
    fleet,
    run,
    tasks: run === null ? [] : await store.runs.tasks(run.id, 'all'),
    queued: isOver ? new Map() : await withQueue(inQueue),
    workers: seen.filter(({ projects }) => projects.includes(plan.project)),
    words,
    now: session.now(),
    width: session.output.width,
  };
}

async function inQueue(queue: JobQueue): Promise<Map<number, JobState>> {
  const jobs = await queue.jobs();
  return new Map(
    jobs.flatMap(({ id, state }): [number, JobState][] => {
      const job = fleetJobOf(id);
      return job === null || job.group !== null ? [] : [[job.taskId, state]];
    }),
  );
}
