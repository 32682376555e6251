import { once } from 'node:events';
import { summaryOf } from '../journey.ts';
import type { ExchangeWorld } from './exchange-world.ts';

export type Moment = 'before' | 'after';

/**
 * One sync that is killed (SIGKILL) at its n-th request to the mailboxes: before anything is done, or after it was done and before the
 * answer. Then the same command again, to its end, and once more. Returns what went wrong, [] for nothing; null: it has no n-th request.
 */
export async function killAtRequest(world: ExchangeWorld, nth: number, moment: Moment): Promise<string[] | null> {
  world.exchange.world.mailboxes.clear();
  await world.loseLedger().catch(() => undefined);
  const child = world.spawn('sync', world.plan, '--json');
  child.stdout?.resume();
  let met = 0;
  const unhook = world.exchange.onRequest((entry, when) => {
    if (when !== moment || !entry.path.includes('/users/')) return;
    met += 1;
    if (met === nth) child.kill('SIGKILL');
  });
  await once(child, 'close');
  unhook();
  if (met < nth) return null;
  const wrong: string[] = [];
  const again = await world.run('sync', world.plan, '--json');
  if (again.code !== 0) wrong.push(`exit ${again.code}: ${again.stderr}${again.stdout}`);
  wrong.push(...world.differences());
  const third = summaryOf(await world.run('sync', world.plan, '--json'));
  if (third.exit_code !== 0 || third.destination_writes !== 0) wrong.push(`the third sync: ${JSON.stringify(third)}`);
  return wrong.map((line) => `killed ${moment} request ${nth}: ${line}`);
}
