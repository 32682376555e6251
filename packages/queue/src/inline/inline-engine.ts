import type { JobEngine } from '@mxodus/model';
import { engineOf } from './engine-of.ts';
import { inlineQueue } from './inline-queue.ts';

/**
 * Jobs of one process, in the order and with the reservations of `inlineQueue`.
 *
 * @param limits connections at once, by server
 */
export function inlineEngine(limits: Readonly<Record<string, number>>): JobEngine {
  return engineOf(() => inlineQueue(limits), { atOnce: Number.POSITIVE_INFINITY });
}
