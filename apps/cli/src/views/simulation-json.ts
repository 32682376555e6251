import { LIMIT_KINDS } from '@mxodus/engine';
import { z } from 'zod';
import type { SimulationView } from './simulation.ts';

const limit = z.enum(LIMIT_KINDS).nullable().describe('what decides; null: there is nothing to move');
const server = z.string().nullable().describe('the server whose limit it is; null: of none');

/** `simulation` in the summary of `plan --simulate --json`. */
export const simulationSchema = z.strictObject({
  workers: z.int().describe('of the fleet; 1 for one process'),
  fleet: z.boolean().describe('false: one process, without a queue'),
  makespan_seconds: z.number().describe('until the last mailbox is done'),
  half_done_seconds: z.number().describe('until half of the mailboxes are done'),
  ninety_percent_done_seconds: z.number(),
  ninety_nine_percent_done_seconds: z.number(),
  limit,
  server,
  held_up: z
    .array(z.strictObject({ limit: z.enum(LIMIT_KINDS), server, mailbox_hours: z.number() }))
    .describe('how long each limit holds up mailboxes, the longest first'),
  cpu_use: z.number().describe('of the cores of all workers, from 0 to 1'),
  places_use: z.number().nullable().describe('of the places of all workers, from 0 to 1; null: they have no number'),
  workers_that_pay: z.strictObject({
    workers: z.int().describe('one more gains less than 5 percent'),
    next_gain: z.number().describe('the part of the time one more saves, from 0 to 1'),
    limit,
    server,
    tried: z.array(z.strictObject({ workers: z.int(), makespan_seconds: z.number() })),
  }),
  rests_on: z.array(
    z.strictObject({ from: z.enum(['config', 'documented', 'measured', 'assumed']), text: z.string() }),
  ),
});

export function simulationJson({
  simulation,
  pay,
  isFleet,
  ground,
}: SimulationView): z.output<typeof simulationSchema> {
  const { makespan, done, last, heldUp, use } = simulation;
  return {
    workers: simulation.workers,
    fleet: isFleet,
    makespan_seconds: whole(makespan),
    half_done_seconds: whole(done.half),
    ninety_percent_done_seconds: whole(done.ninety),
    ninety_nine_percent_done_seconds: whole(done.ninetyNine),
    limit: last?.kind ?? null,
    server: last?.server ?? null,
    held_up: heldUp.map((row) => ({
      limit: row.limit.kind,
      server: row.limit.server,
      mailbox_hours: Math.round(row.mailboxHours * 100) / 100,
    })),
    cpu_use: thousandths(use.cpu),
    places_use: use.places === null ? null : thousandths(use.places),
    workers_that_pay: {
      workers: pay.pays,
      next_gain: thousandths(pay.nextGain),
      limit: pay.decides?.kind ?? null,
      server: pay.decides?.server ?? null,
      tried: pay.tried.map(({ workers, makespan: seconds }) => ({ workers, makespan_seconds: whole(seconds) })),
    },
    rests_on: ground.map(({ from, text }) => ({ from, text })),
  };
}

const whole = (seconds: number): number => Math.ceil(seconds);
const thousandths = (part: number): number => Math.round(part * 1000) / 1000;
