import { finish, summaryOf } from '../../journey.ts';
import { SoakFailure } from '../soak-failure.ts';
import type { World } from '../world.ts';
import type { Disturbance } from './disturbance.ts';

export interface PassEnd {
  /** null: killed. */
  code: number | null;
  seconds: number;
  /** Of the summary line, where there is one. */
  writes: number;
  sourceMessages: number;
  buckets: Readonly<Record<string, number>>;
  stdout: string;
  stderr: string;
}

// Longer than any server is waited for.
const HANGS_AFTER_MS = 180_000;

/** Runs `mxodus sync` once. Throws when it does not end, or ends as nobody may cause it to. */
export async function runPass(world: World, disturbance: Disturbance | null): Promise<PassEnd> {
  const armed = disturbance?.arm(world);
  const started = performance.now();
  const child = world.journey.spawn('sync', world.journey.plan, '--json');
  let hung = false;
  const watchdog = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, HANGS_AFTER_MS);
  armed?.started((signal) => child.kill(signal));
  const finished = await finish(child).finally(() => clearTimeout(watchdog));
  armed?.end();
  const seconds = (performance.now() - started) / 1000;
  const { code, stdout, stderr } = finished;
  if (hung) throw new SoakFailure([`the pass did not end in ${HANGS_AFTER_MS / 1000} s`, ...tail(stdout + stderr)]);
  const allowed: readonly (number | null)[] = disturbance === null ? [0, 3, 5] : [0, 3, 5, 130, null];
  if (!allowed.includes(code)) {
    const what = `the pass ended with ${code} (${disturbance?.text ?? 'undisturbed'})`;
    throw new SoakFailure([what, ...tail(stdout + stderr)]);
  }
  return { code, seconds, ...summary(finished), stdout, stderr };
}

function summary(finished: Awaited<ReturnType<typeof finish>>): Pick<PassEnd, 'writes' | 'sourceMessages' | 'buckets'> {
  const none = { writes: 0, sourceMessages: 0, buckets: {} };
  if (finished.code === null) return none;
  const { type, destination_writes: writes, source_messages: messages, buckets } = summaryOf(finished);
  if (type !== 'summary') return none;
  const counts = Object.entries(Object(buckets)).map(([name, count]) => [name, Number(count)]);
  return { writes: Number(writes), sourceMessages: Number(messages), buckets: Object.fromEntries(counts) };
}

const tail = (output: string): string[] => output.trimEnd().split('\n').slice(-20);
