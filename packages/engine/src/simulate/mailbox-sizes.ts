import { invariant } from '@mxodus/model';

/** A company's mailboxes when only the total is known: most are small and a few are large (log-normal). */
export interface Company {
  mailboxes: number;
  messages: number;
  /** How unequal they are: 0 all the same; 1 the largest of 1,000 about 18 times the mean; 1.5 about 50 times. */
  tail: number;
  seed: number;
}

/** Messages of each mailbox; they add up. The same company always has the same mailboxes. */
export function mailboxSizes({ mailboxes, messages, tail, seed }: Company): number[] {
  invariant(mailboxes > 0, 'a company has mailboxes');
  const dice = randomOf(seed);
  const weights = Array.from({ length: mailboxes }, () => Math.exp(tail * normal(dice)));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let given = 0;
  let share = 0;
  return weights.map((weight) => {
    share += (messages * weight) / whole;
    const size = Math.round(share) - given;
    given += size;
    return size;
  });
}

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller. */
const normal = (dice: () => number): number => Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
