import { onStage, sync, withWorkers } from './stage.ts';

const SCENE = {
  mailboxes: 16,
  messages: 600,
  roundTripMs: 0,
  limits: '{ connections: 12, connections_per_mailbox: 3 }',
};
/** As many as the connections of the destination allow an inline sync. */
const AT_ONCE = 4;
const ROUNDS = 3;

/** The same copy by one process with the ledger in PostgreSQL, and by one worker through the queue; in turn. */
export async function overhead(): Promise<string> {
  const inline: number[] = [];
  const queued: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    inline.push(await onStage(SCENE, async (fleet) => (await sync(fleet, '--queue', 'inline')).seconds));
    queued.push(
      await onStage(SCENE, (fleet) =>
        withWorkers(fleet, { workers: 1, atOnce: AT_ONCE }, async () => (await sync(fleet)).seconds),
      ),
    );
  }
  const [best, bestQueued] = [Math.min(...inline), Math.min(...queued)];
  const shown = (all: readonly number[]): string => all.map((seconds) => seconds.toFixed(2)).join(', ');
  return `## The queue's share: 16 mailboxes x 600 messages, ${AT_ONCE} mailboxes at once
| | seconds, each run | best |
|---|---|---|
| one process, no queue | ${shown(inline)} | ${best.toFixed(2)} |
| one worker, queue | ${shown(queued)} | ${bestQueued.toFixed(2)} |

Through the queue it takes ${((100 * bestQueued) / best - 100).toFixed(1)} % longer.
`;
}
