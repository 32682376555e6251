import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@mxodus/lab';
import type { Random } from '../random.ts';
import type { End, World } from '../world.ts';

/** How a pass is disturbed. */
export interface Disturbance {
  text: string;
  /** Arms it; the returned function ends it. `started` is called with the pass when it runs. */
  arm(world: World): { started(kill: (signal: NodeJS.Signals) => void): void; end(): void };
}

/** @param seconds an undisturbed pass takes. */
export function drawDisturbance(random: Random, seconds: number): Disturbance {
  const afterMs = random.below(Math.round(seconds * 1100));
  const end: End = random.pick(['source', 'destination']);
  switch (random.weighted({ kill: 4, interrupt: 1, cut: 2, rule: 3 })) {
    case 'kill':
      return signalAfter('SIGKILL', afterMs);
    case 'interrupt':
      return signalAfter('SIGINT', afterMs);
    case 'cut':
      return cutAfter(end, afterMs, random.between(1, 3));
    case 'rule':
      return cutAtCommand(random, end);
  }
}

function signalAfter(signal: NodeJS.Signals, afterMs: number): Disturbance {
  return {
    text: `${signal} after ${afterMs} ms`,
    arm: () => {
      let over = false;
      return {
        started: (kill) => void sleep(afterMs).then(() => over || kill(signal)),
        end: () => {
          over = true;
        },
      };
    },
  };
}

function cutAfter(end: End, afterMs: number, times: number): Disturbance {
  return {
    text: `all lines to the ${end} cut after ${afterMs} ms, ${times} times`,
    arm: ({ proxies }) => {
      const timers = Array.from({ length: times }, (_, at) => {
        return setTimeout(() => proxies[end].cutAll(), afterMs + at * 300);
      });
      return { started: () => undefined, end: () => timers.forEach(clearTimeout) };
    },
  };
}

const COMMANDS: Readonly<Record<End, readonly RegExp[]>> = {
  source: [/^(EXAMINE|SELECT)/, /^LIST/, /^STATUS/, /^UID FETCH/, /^UID SEARCH/],
  destination: [
    /^APPEND/,
    /^APPEND/,
    /^UID (MOVE|COPY)/,
    /^UID STORE/,
    /^UID EXPUNGE/,
    /^CREATE/,
    /^UID FETCH/,
    /^SELECT/,
  ],
};

function cutAtCommand(random: Random, end: End): Disturbance {
  const on = random.pick(COMMANDS[end]);
  const options = { nth: random.between(1, 6), times: random.between(1, 2) };
  const [how, bytes] = [
    random.pick(['before', 'inside', 'after', 'before', 'inside', 'after', 'stall'] as const),
    random.between(1, 400),
  ];
  const what = how === 'stall' ? 'falls silent at' : `cut ${how}`;
  return {
    text: `the line to the ${end} ${what} command ${options.nth} of ${on.source}, ${options.times} times`,
    arm: ({ proxies: { [end]: proxy } }) => {
      const faults: Record<typeof how, () => Fault> = {
        before: () => proxy.cutBeforeServerSees(on, options),
        inside: () => proxy.cutInsideCommand(on, bytes, options),
        after: () => proxy.cutAfterClientSends(on, options),
        stall: () => proxy.stall(on, options),
      };
      const fault = faults[how]();
      return { started: () => undefined, end: () => fault.cancel() };
    },
  };
}
