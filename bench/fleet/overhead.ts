import { median } from '../measure/median.ts';
import { onStage, sync, withWorkers } from './stage.ts';

const SCENE = {
  mailboxes: 16,
  messages: 3000,
  roundTripMs: 40,
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
  const { mailboxes, messages, roundTripMs } = SCENE;
  return `## The queue's share: ${mailboxes} mailboxes x ${messages} messages, ${roundTripMs} ms round trip, ${AT_ONCE} mailboxes at once
| | seconds, each run | best | median |
|---|---|---|---|
${row('one process, no queue', inline)}
${row('one worker, queue', queued)}
| more | | ${more(Math.min(...queued), Math.min(...inline))} | ${more(median(queued), median(inline))} |
`;
}

function row(by: string, all: readonly number[]): string {
  const shown = all.map((seconds) => seconds.toFixed(2)).join(', ');
  return `| ${by} | ${shown} | ${Math.min(...all).toFixed(2)} | ${median(all).toFixed(2)} |`;
}

const more = (one: number, other: number): string => `${((100 * one) / other - 100).toFixed(1)}%`;
