import { onStage, type Synced, sync, withWorkers } from './stage.ts';

const SMALL = { mailboxes: 100, messages: 50, roundTripMs: 0 };
const FLEET = { workers: 3, atOnce: 4 };

/** When the small mailboxes are done: alone, and beside one of 20,000 messages. */
export async function fairness(): Promise<string> {
  const run = (largeMailbox: number): Promise<Synced> =>
    onStage({ ...SMALL, largeMailbox }, (fleet) => withWorkers(fleet, FLEET, () => sync(fleet)));
  const alone = lastSmall(await run(0));
  const beside = lastSmall(await run(20_000));
  return `## Fairness: 100 mailboxes x 50 messages, 3 workers
| | last small mailbox done after, s |
|---|---|
| alone | ${alone.toFixed(1)} |
| beside one of 20,000 messages | ${beside.toFixed(1)} (${(beside / alone).toFixed(2)} x) |
`;
}

const lastSmall = ({ endedAt }: Synced): number =>
  Math.max(...[...endedAt].filter(([address]) => !address.startsWith('large')).map(([, at]) => at));
