import type { Simulation, WorkersThatPay } from '@mxodus/engine';
import type { Config } from '@mxodus/model';
import { table } from '../output/columns.ts';
import { count, counted, howLong, percent } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import type { GroundLine } from './simulation-ground.ts';
import { limitWords } from './simulation-words.ts';

export interface SimulationView {
  simulation: Simulation;
  pay: WorkersThatPay;
  /** false: one process, without a queue. */
  isFleet: boolean;
  ground: readonly GroundLine[];
  servers: Config['servers'];
}

/** Those that hold less than this part of all are left out. */
const WORTH_A_LINE = 0.01;
const LINES = 5;

export function simulationText(view: SimulationView, style: Style): string {
  const { simulation, isFleet, servers } = view;
  const { makespan, done, mailboxes, last, workers } = simulation;
  const who = isFleet ? counted(workers, 'worker') : 'one process';
  if (last === null) return `${style.bold('Simulated:')} there is nothing to move.`;
  const { what, advice } = limitWords(last, servers);
  return [
    `${style.bold(`Simulated, the first copy by ${who}:`)} ${long(makespan)}`,
    ...table([
      [
        `  of ${counted(mailboxes, 'mailbox')}`,
        `half are done after ${long(done.half)}, 90% after ${long(done.ninety)}, 99% after ${long(done.ninetyNine)}`,
      ],
      ['  what decides', what],
      ['  to change it', advice],
      ['  in use', useText(simulation)],
    ]),
    `  what holds up mailboxes, in mailbox hours`,
    ...heldUpLines(view),
    ...workerLines(view, style),
    '  It rests on',
    ...table(view.ground.map(({ from, text }) => [`    ${from}`, text])),
  ].join('\n');
}

function heldUpLines({ simulation: { heldUp }, servers }: SimulationView): string[] {
  const all = heldUp.reduce((sum, { mailboxHours }) => sum + mailboxHours, 0);
  const shown = heldUp.filter(({ mailboxHours }) => mailboxHours >= WORTH_A_LINE * all).slice(0, LINES);
  const rows = shown.map(({ limit, mailboxHours }) => [
    `    ${limitWords(limit, servers).what}`,
    hours(mailboxHours),
    percent(mailboxHours, all),
  ]);
  return table(rows, [1, 2]);
}

function workerLines({ pay, servers, isFleet }: SimulationView, style: Style): string[] {
  const { tried, pays, nextGain, decides } = pay;
  const shown = tried.filter(({ workers }) => Math.log2(workers) % 1 === 0 || workers === pays);
  const cells = shown.map(({ workers, makespan }) => `${workers}: ${long(makespan)}`);
  const next = decides === null ? '' : `; what decides then is ${limitWords(decides, servers).what}`;
  return [
    `  by number of workers   ${cells.join('   ')}`,
    `  ${style.bold(`workers that pay: ${pays}.`)} One more gains ${percentOf(nextGain)}${next}.${isFleet ? '' : ' They need `queue: { kind: bullmq }`.'}`,
  ];
}

function useText({ use }: Simulation): string {
  const cores = `${percentOf(use.cpu)} of the cores of the workers`;
  return use.places === null ? cores : `${cores}, ${percentOf(use.places)} of their places`;
}

const long = (seconds: number): string => howLong(seconds * 1000);
const percentOf = (part: number): string => `${Math.round(part * 100)}%`;
const hours = (value: number): string => `${value < 10 ? value.toFixed(1) : count(Math.round(value))} h`;
