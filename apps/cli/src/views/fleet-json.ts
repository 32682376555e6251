import { RUN_STATES, type RunTask } from '@mxodus/model';
import { z } from 'zod';
import { type FleetView, fleetTotals, TASK_STATES, taskState } from './fleet.ts';

/** The lines of `fleet status --json`, and its summary. */
export const fleetWorkerSchema = z.object({
  type: z.literal('fleet_worker'),
  id: z.string().describe('another one with each start'),
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  running: z.int().describe('jobs it has now'),
  at_once: z.int().describe('jobs it may have'),
  started_at: z.string(),
  seen_at: z.string().describe('its last heartbeat, by the clock of PostgreSQL'),
});

export const fleetTaskSchema = z.object({
  type: z.literal('fleet_task'),
  id: z.string(),
  state: z.enum(TASK_STATES).describe('"open": it has not ended, and Redis does not say more'),
  wave: z.int(),
  troubles: z.int().describe('slices in a row that ended with a temporary error'),
  not_before: z.string().nullable(),
  mailboxes: z
    .array(
      z.strictObject({
        mailbox: z.string(),
        settled: z.int().nullable(),
        source_messages: z.int().nullable(),
        worker: z.string().nullable().describe('that has it, or had it last'),
        waiting: z.strictObject({ why: z.string(), until: z.string().nullable() }).nullable(),
        exit_code: z.int().nullable().describe('null: it has not ended'),
        error: z.string().nullable().describe('code of what ended it'),
      }),
    )
    .describe('one; several where they share a destination'),
});

export const fleetSummarySchema = z.strictObject({
  run: z.int().nullable().describe('null: none was ordered yet'),
  run_state: z.enum(RUN_STATES).nullable(),
  mailboxes: z.int(),
  ended: z.int().describe('mailboxes'),
  with_trouble: z.int().describe('mailboxes that ended with another exit code than 0'),
  settled: z.int().describe('messages'),
  messages: z.int().describe('in the plan'),
  workers: z.int(),
  queue_answers: z.boolean(),
});

type FleetLine = z.output<typeof fleetWorkerSchema> | z.output<typeof fleetTaskSchema>;

export const fleetLines = (view: FleetView): FleetLine[] => [
  ...view.workers.map(({ id, host, pid, version, running, atOnce, startedAt, seenAt }) => ({
    ...{ type: 'fleet_worker' as const, id, host, pid, version, running },
    ...{ at_once: atOnce, started_at: startedAt, seen_at: seenAt },
  })),
  ...view.tasks.map((task) => taskLine(task, view)),
];

function taskLine(task: RunTask, view: FleetView): z.output<typeof fleetTaskSchema> {
  const { id, wave, troubles, notBefore, mailboxes } = task;
  return {
    ...{ type: 'fleet_task', id: String(id), state: taskState(task, view), wave, troubles, not_before: notBefore },
    mailboxes: mailboxes.map(({ address, progress, result }) => ({
      mailbox: address,
      settled: progress?.settled ?? null,
      source_messages: result?.sourceMessages ?? progress?.messages ?? null,
      worker: progress?.worker ?? null,
      waiting: progress?.wait ?? null,
      exit_code: result?.exitCode ?? null,
      error: result?.error?.code ?? null,
    })),
  };
}

export const fleetSummary = ({ run, tasks, workers, queued }: FleetView): z.output<typeof fleetSummarySchema> => ({
  run: run?.id ?? null,
  run_state: run?.state ?? null,
  ...fleetTotals(tasks),
  workers: workers.length,
  queue_answers: queued !== null,
});
