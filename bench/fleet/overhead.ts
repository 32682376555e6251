import { median } from '../measure/median.ts';
import { onStage, type Scene, type Synced, sync, withWorkers } from './stage.ts';

interface Rivalry {
  title: string;
  scene: Scene;
  /** Mailboxes; as many as the connections of the destination allow an inline sync. */
  atOnce: number;
  rounds: number;
}

const RIVALRIES: readonly Rivalry[] = [
  {
    title: 'the two cores are what takes the time',
    scene: {
      mailboxes: 16,
      messages: 6000,
      roundTripMs: 40,
      limits: '{ connections: 12, connections_per_mailbox: 3 }',
    },
    atOnce: 4,
    rounds: 4,
  },
  {
    title: 'the round trip is what takes the time',
    scene: {
      mailboxes: 24,
      messages: 600,
      roundTripMs: 40,
      limits: '{ connections: 3, connections_per_mailbox: 3 }',
    },
    atOnce: 1,
    rounds: 3,
  },
];

/** The same copy by one process with the ledger in PostgreSQL, and by one worker through the queue; in turn. */
export async function overhead(): Promise<string> {
  const tables: string[] = [];
  for (const rivalry of RIVALRIES) tables.push(await inTurn(rivalry));
  return tables.join('\n');
}

async function inTurn({ title, scene, atOnce, rounds }: Rivalry): Promise<string> {
  const inline: Synced[] = [];
  const queued: Synced[] = [];
  const alone = async (): Promise<void> => {
    inline.push(await onStage(scene, (fleet) => sync(fleet, '--queue', 'inline')));
  };
  const byWorker = async (): Promise<void> => {
    queued.push(await onStage(scene, (fleet) => withWorkers(fleet, { workers: 1, atOnce }, () => sync(fleet))));
  };
  for (let round = 0; round < rounds; round += 1) {
    // In turn first, as the machine gets warmer.
    for (const measure of round % 2 === 0 ? [alone, byWorker] : [byWorker, alone]) await measure();
  }
  const { mailboxes, messages, roundTripMs } = scene;
  return `## The queue's share where ${title}
${mailboxes} mailboxes x ${messages} messages, ${roundTripMs} ms round trip, mailboxes at once: ${atOnce}
| | seconds, each run | best | median | core seconds others had |
|---|---|---|---|---|
${row('one process, no queue', inline)}
${row('one worker, queue', queued)}
| more | | ${more(best(queued), best(inline))} | ${more(middle(queued), middle(inline))} | |
`;
}

function row(by: string, all: readonly Synced[]): string {
  const shown = (what: 'seconds' | 'stolen', digits: number): string =>
    all.map((one) => one[what].toFixed(digits)).join(', ');
  return `| ${by} | ${shown('seconds', 2)} | ${best(all).toFixed(2)} | ${middle(all).toFixed(2)} | ${shown('stolen', 1)} |`;
}

const secondsOf = (all: readonly Synced[]): number[] => all.map(({ seconds }) => seconds);
const best = (all: readonly Synced[]): number => Math.min(...secondsOf(all));
const middle = (all: readonly Synced[]): number => median(secondsOf(all));
const more = (one: number, other: number): string => `${((100 * one) / other - 100).toFixed(1)}%`;
