import type { DnsProvider } from '@mxodus/model';
import { type Form, instructions } from './instructions.ts';

/** A zone only a person can change: says what to do, and the cutover observes until it is done. */
export function manualProvider(options: { zone: string; emit: readonly Form[] }): DnsProvider {
  return {
    name: 'manual',
    capabilities: { atomic: false, compareAndSwap: false, minTtl: 0 },
    apply: async (changes) => ({ kind: 'by-hand', instructions: instructions(options, changes) }),
    rehearse: async () => 'allowed',
  };
}
