import { join } from 'node:path';
import { uidNexts } from '@mxodus/lab';
import { checkCopy } from '../check-copy.ts';
import type { DataSet } from '../data-set/data-set.ts';
import { clear, settleDisk } from '../data-set/place.ts';
import { type Measured, timed } from '../measure/timed.ts';
import type { Tool } from '../tools/tool.ts';
import type { World } from '../world.ts';
import type { Copied } from './scenario.ts';

export interface CopyOnce {
  world: World;
  tool: Tool;
  data: DataSet;
  /** Has `data` at the old server. */
  sourceUser: string;
  /** New at the new server; its mail is gone afterwards. */
  user: string;
  ports: { old: number; new: number };
  verify: boolean;
  /** Between the first pass and the next one. */
  beforeAgain?: () => void;
}

// A short pass is measured three times; of a long one, one time says enough.
const AGAIN = 3;
const LONG_SECONDS = 8;

/** First copy, then passes that find nothing to do. Throws when the copy is not the whole mailbox, or a later pass added to it. */
export async function copyOnce(job: CopyOnce): Promise<Copied> {
  const { world, tool, data, user, ports } = job;
  const login = (port: number, name: string) => ({ port, user: name, password: world.old.password });
  const { pass, setUpSeconds } = await tool.prepare({
    home: join(world.dir, `state-${user}`),
    source: login(ports.old, job.sourceUser),
    destination: login(ports.new, user),
  });
  settleDisk();
  const first = await timed(pass);
  const { verify, sourceUser } = job;
  await checkCopy({ world, data, sourceUser, user, verify, inexact: tool.inexact });
  settleDisk();
  job.beforeAgain?.();
  const before = await uidNexts(world.new, user, world.new.password);
  const again: Measured[] = [];
  do again.push(await timed(pass));
  while (again.length < AGAIN && (again[0]?.seconds ?? 0) < LONG_SECONDS);
  const after = await uidNexts(world.new, user, world.new.password);
  if (JSON.stringify(before) !== JSON.stringify(after))
    throw new Error(`${tool.name} added messages in a second pass.`);
  await clear(world.new, user);
  return { first, again, setUpSeconds };
}
