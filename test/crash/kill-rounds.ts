import { finish } from '../journey.ts';
import { append, type CutWorld, type CutWorldOptions, startCutWorld } from './cut-world.ts';

const USERS = ['ann', 'bob'];
const INBOX = 150;
const ARRIVING = 3;
/** A pass over this data moves about as many pieces between the process and the two servers. */
const PIECES = 150;

export interface KillRounds {
  append: NonNullable<CutWorldOptions['append']>;
  kills: number;
  seed: number;
}

export interface KillsEnd {
  /** What differs after the pass that was left alone; [] when nothing was lost or doubled. */
  differences: string[];
  killed: number;
  last: Record<string, unknown>;
  /** One more pass, which has nothing to do. */
  again: Record<string, unknown>;
}

/** Kills sync with SIGKILL at random points, while people go on working at the source; then leaves it alone. */
export async function killRounds({ append: how, kills, seed }: KillRounds): Promise<KillsEnd> {
  let onPiece = (): void => undefined;
  const line = { onPiece: () => onPiece() };
  const world = await startCutWorld({ users: USERS, append: how, messages: [INBOX, 20], line });
  const { journey, sync } = world;
  try {
    const planned = await journey.run('plan');
    if (planned.code !== 0) throw new Error(`plan ended with ${planned.code}: ${planned.stderr}`);
    const random = randomOf(seed);
    let killed = 0;
    for (let round = 1; killed < kills && round < 4 * kills; round += 1) {
      let left = 1 + random(PIECES);
      const child = journey.spawn('sync', journey.plan, '--json');
      onPiece = () => {
        left -= 1;
        if (left === 0) child.kill('SIGKILL');
      };
      if ((await finish(child)).code === null) killed += 1;
      onPiece = () => undefined;
      await work(world, round);
    }
    await journey.readOldAgain();
    const last = await sync();
    return { killed, last, differences: await journey.differences(), again: await sync() };
  } finally {
    await world.stop();
  }
}

async function work({ atSource }: CutWorld, round: number): Promise<void> {
  for (const user of USERS) {
    const mails = Array.from({ length: ARRIVING }, (_, index) => append(user, 'INBOX', `round${round}-${index}`));
    await atSource(user, ['SELECT INBOX', `STORE ${round} +FLAGS.SILENT (\\Flagged)`, 'MOVE 100 Work', ...mails]);
  }
}

/** mulberry32 */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
