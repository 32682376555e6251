import { onStage, sync, withWorkers } from './stage.ts';

/** So few that the round trip is what takes the time, not the two cores that the servers share with the workers. */
const AT_ONCE = 1;

/** One, two and three workers on one machine, where the round trip is what takes the time. */
export async function severalWorkers(): Promise<string> {
  const lines = [
    `## Workers: 24 mailboxes x 600 messages, 40 ms round trip at both ends, ${AT_ONCE} mailbox at once a worker`,
    '| workers | seconds | messages/s | of one worker | core seconds others had |\n|---|---|---|---|---|',
  ];
  let one = 0;
  for (const workers of [1, 2, 3]) {
    const { seconds, messages, stolen } = await onStage({ mailboxes: 24, messages: 600, roundTripMs: 40 }, (fleet) =>
      withWorkers(fleet, { workers, atOnce: AT_ONCE }, () => sync(fleet)),
    );
    one ||= seconds;
    lines.push(
      `| ${workers} | ${seconds.toFixed(1)} | ${Math.round(messages / seconds)} | ${(one / seconds).toFixed(2)} x | ${stolen.toFixed(1)} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}
