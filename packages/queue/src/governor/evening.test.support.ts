import type { Login, ServerBurden, SlowDown, TrafficBook, Wait, WaitOptions } from '@mxodus/model';
import { type InlineGovernor, inlineGovernor } from './inline-governor.ts';

/** A governor of two servers, and what its tests say and hear. Its clocks are the test's. */

export const ANN: Login = { server: 'old', user: 'ann' };
export const BOB: Login = { server: 'old', user: 'bob' };
export const EVE: Login = { server: 'new', user: 'eve' };
export const EVENING = Date.parse('2026-11-22T23:00:00Z');
export const MB = 1_000_000;
const never = new AbortController().signal;

const burden = (some: Partial<ServerBurden> = {}): ServerBurden => ({
  connections: 20,
  connectionsPerMailbox: 4,
  bytesPerSecond: null,
  bytesPerDay: null,
  ...some,
});

export const open = (old: Partial<ServerBurden> = {}, book: TrafficBook | null = null): InlineGovernor =>
  inlineGovernor({ old: burden(old), new: burden() }, { book, now: () => new Date() });

export const pause = (pauseMs: number | null, some: Partial<SlowDown> = {}): SlowDown => ({
  scope: 'login',
  kind: 'pause',
  pauseMs,
  words: 'NO [THROTTLED] slow down',
  ...some,
});
export const fewer = (some: Partial<SlowDown> = {}): SlowDown => pause(null, { kind: 'fewer-connections', ...some });

/** When a promise resolved, in milliseconds since the test began; null: not yet. */
export function clocked(promise: Promise<unknown>): { at: number | null; error: unknown } {
  const seen: { at: number | null; error: unknown } = { at: null, error: null };
  promise.then(
    () => {
      seen.at = Date.now() - EVENING;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

/** Who waits, and what he was told. */
export function listener(signal: WaitOptions['signal'] = never): WaitOptions & { heard: (Wait | null)[] } {
  const heard: (Wait | null)[] = [];
  return { signal, onWait: (wait) => heard.push(wait), heard };
}

export const quiet = listener();
