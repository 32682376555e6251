import { figures, type World } from '@mxodus/engine';
import { count } from '../output/figures.ts';

/** What a simulation rests on, for people to judge it by. */
export interface GroundLine {
  from: 'config' | 'documented' | 'measured' | 'assumed';
  text: string;
}

export function groundOf({ servers, fleet, mailboxes }: World): GroundLine[] {
  const remote = servers.filter(({ roundTrip }) => roundTrip > 0);
  const tenants = servers.filter(({ requests }) => requests !== null);
  const isFleet = fleet.places !== Number.POSITIVE_INFINITY;
  const { WORKER_CPU, WORKER_CPU_TO_EXCHANGE, GRAPH_ANSWER, ROUND_TRIP, SERVER_CORES, LEDGER } = figures;
  const isTenant = new Set(tenants.map(({ name }) => name));
  const kinds = new Set(mailboxes.map(({ destination }) => isTenant.has(destination)));
  const lines: (GroundLine | null)[] = [
    { from: 'config', text: `the limits of ${servers.map(({ name }) => `"${name}"`).join(' and ')}` },
    tenants.length === 0
      ? null
      : { from: 'documented', text: `${figures.GRAPH_ALL_PER_SECOND.source}, and per mailbox as in \`limits\`` },
    ...[false, true]
      .filter((kind) => kinds.has(kind))
      .map((kind) => cpuLine(kind ? WORKER_CPU_TO_EXCHANGE : WORKER_CPU)),
    { from: 'measured', text: figures.APPEND.source },
    remote.length === 0
      ? null
      : {
          from: 'assumed',
          text: `${1000 * ROUND_TRIP.value} ms there and back to ${remote.map(({ name }) => `"${name}"`).join(' and ')}`,
        },
    tenants.length === 0
      ? null
      : { from: 'assumed', text: `a create is answered after ${1000 * GRAPH_ANSWER.value} ms` },
    {
      from: 'assumed',
      text: `mail servers have ${SERVER_CORES.value} cores each, as fast as those measured, for this alone`,
    },
    isFleet
      ? {
          from: 'assumed',
          text: `a worker does ${fleet.places} mailboxes at once; PostgreSQL writes ${count(LEDGER.value.rowsPerSecond)} rows a second`,
        }
      : null,
    { from: 'assumed', text: 'nothing is at the destination yet, and no server asks for a pause' },
  ];
  return lines.filter((line) => line !== null);
}

const cpuLine = ({ value, from, source }: typeof figures.WORKER_CPU): GroundLine => ({
  from,
  text: `a worker computes ${milliseconds(value.perMessage)} ms a message and ${nanoseconds(value.perByte)} ns a byte, on one core (${source})`,
});

const milliseconds = (seconds: number): number => Math.round(seconds * 1e5) / 100;
const nanoseconds = (seconds: number): number => Math.round(seconds * 1e10) / 10;
