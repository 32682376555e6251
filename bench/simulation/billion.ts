/** The table of docs/simulation.md: 10,000 mailboxes with a billion messages. `npm run bench:billion`; some minutes. */
import { figures, mailboxSizes, type SimServer, type Simulation, simulate, type World } from '@mxodus/engine';
import { say } from '../output/say.ts';

const MAILBOXES = 10_000;
const MESSAGES = 1e9;
const MEAN_BYTES = 50_000;
const GRAIN = 3;
/** A server of so many mailboxes has more than four cores. */
const SERVER_CORES = 32;
const CONNECTIONS = { source: 3, imap: 4, tenant: 3 };

interface Row {
  to: 'imap' | 'exchange';
  workers: number;
  /** By the limits of the servers. */
  mailboxesAtOnce: number;
}

const ROWS: readonly Row[] = [
  { to: 'exchange', workers: 1, mailboxesAtOnce: 20 },
  { to: 'exchange', workers: 4, mailboxesAtOnce: 20 },
  { to: 'exchange', workers: 4, mailboxesAtOnce: 100 },
  { to: 'exchange', workers: 13, mailboxesAtOnce: 100 },
  { to: 'exchange', workers: 63, mailboxesAtOnce: 500 },
  { to: 'imap', workers: 1, mailboxesAtOnce: 20 },
  { to: 'imap', workers: 4, mailboxesAtOnce: 20 },
  { to: 'imap', workers: 8, mailboxesAtOnce: 100 },
  { to: 'imap', workers: 16, mailboxesAtOnce: 100 },
];

say(
  '| to | workers | mailboxes at once | all done, days | half of the mailboxes, days | messages/s | cores in use | what held the last one up | what held up most |',
);
say('|---|---|---|---|---|---|---|---|---|');
for (const row of ROWS) say(lineOf(row, simulate(worldOf(row), GRAIN)));

function lineOf(
  { to, workers, mailboxesAtOnce }: Row,
  { makespan, done, messages, use, heldUp, last }: Simulation,
): string {
  const cells = [
    ...[to, workers, mailboxesAtOnce, days(makespan), days(done.half)],
    ...[
      Math.round(messages / makespan),
      `${Math.round(use.cpu * 100)} %`,
      last?.kind ?? '',
      heldUp[0]?.limit.kind ?? '',
    ],
  ];
  return `| ${cells.join(' | ')} |`;
}

function worldOf({ to, workers, mailboxesAtOnce }: Row): World {
  const sizes = mailboxSizes({ mailboxes: MAILBOXES, messages: MESSAGES, tail: 1, seed: 1 });
  const imap = (name: string, perMailbox: number): SimServer => ({
    name,
    connections: mailboxesAtOnce * perMailbox,
    connectionsPerMailbox: perMailbox,
    roundTrip: figures.ROUND_TRIP.value,
    work: { read: figures.READ.value, append: figures.APPEND.value, cores: SERVER_CORES },
    bytesPerSecond: null,
    bytesPerDay: null,
    requests: null,
  });
  const requests = {
    ...figures.MICROSOFT,
    concurrent: 4,
    answer: figures.GRAPH_ANSWER.value,
    allPerSecond: figures.GRAPH_ALL_PER_SECOND.value,
  };
  const tenant: SimServer = { ...imap('new', CONNECTIONS.tenant), work: null, requests };
  return {
    servers: [imap('old', CONNECTIONS.source), to === 'imap' ? imap('new', CONNECTIONS.imap) : tenant],
    mailboxes: sizes.map((messages) => ({
      ...{ project: 'large', wave: 50, source: 'old', destination: 'new', append: 'multiappend' as const },
      ...{ messages, bytes: messages * MEAN_BYTES, folders: 12 },
    })),
    fleet: {
      workers,
      places: figures.WORKER_PLACES.value,
      cores: figures.WORKER_CORES.value,
      cpu: { toImap: figures.WORKER_CPU.value, toService: figures.WORKER_CPU_TO_EXCHANGE.value },
      bytesInFlight: figures.BYTES_IN_FLIGHT.value.worker,
      slice: figures.SLICE.value,
      job: figures.JOB.value,
      ledger: figures.LEDGER.value,
      sharedCores: null,
    },
  };
}

function days(seconds: number): string {
  return (seconds / 86_400).toFixed(seconds < 864_000 ? 1 : 0);
}
