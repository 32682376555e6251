import { SoakFailure } from '../soak-failure.ts';
import type { World } from '../world.ts';
import { type PassEnd, runPass } from './run-pass.ts';

export interface Quiet {
  last: PassEnd;
  /** Of an undisturbed pass, s. */
  seconds: number;
  passes: number;
}

const TRIES = 6;

/**
 * Passes without a disturbance, until one is complete; then one more, or two, the last of which must find nothing to do. `during`
 * runs beside the first one, which then does not count.
 */
export async function quietDown(
  world: World,
  during: (() => Promise<void>) | null,
  note: (pass: PassEnd) => void,
): Promise<Quiet> {
  let passes = 0;
  const pass = async (): Promise<PassEnd> => {
    const end = await runPass(world, null);
    passes += 1;
    note(end);
    return end;
  };
  if (during !== null) await Promise.all([pass(), during()]);

  let last = await pass();
  for (let tries = 1; last.code !== 0 || last.buckets.in_doubt !== 0; tries += 1) {
    if (tries === TRIES) {
      const what = `no complete pass after ${TRIES} undisturbed ones: exit ${last.code}, ${JSON.stringify(last.buckets)}`;
      throw new SoakFailure([what]);
    }
    last = await pass();
  }
  const { seconds } = last;
  last = await pass();
  if (last.writes > 0) last = await pass();
  if (last.code !== 0 || last.writes > 0) {
    const what = `a pass with nothing to do ended with ${last.code} and sent ${last.writes} writes to the destination`;
    throw new SoakFailure([what]);
  }
  return { last, seconds, passes };
}
