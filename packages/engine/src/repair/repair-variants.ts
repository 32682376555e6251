import { applyBodyRepairs, bodyRepairSets, withBodyRepairs } from './body-repairs.ts';
import { ALL_WANTED } from './refusal-words.ts';
import type { BodyRepairName } from './repair.ts';

/** One body that may have been sent; `what` is null for the message as the source has it. */
export interface RepairVariant {
  body: Buffer;
  what: string | null;
}

/**
 * Every body `repairsFor` could have sent of a message, whatever the server said, the original first: for finding a message in doubt
 * whose refusal nobody remembers. The flags and the date may have been changed too, so compare content, not INTERNALDATE. Made one
 * at a time; none comes twice.
 */
export function* repairVariants({ body: original }: { body: Buffer }): Generator<RepairVariant> {
  yield { body: original, what: null };
  const yielded = new Map<number, (readonly BodyRepairName[])[]>([[original.length, [[]]]]);
  const sets = ALL_WANTED.flatMap((wanted) => bodyRepairSets(wanted)).map(({ set }) => set);
  for (const { body, names, what } of applyBodyRepairs(original, sets)) {
    const sameSize = yielded.get(body.length) ?? [];
    if (sameSize.some((other) => withBodyRepairs(original, other).equals(body))) continue;
    yielded.set(body.length, [...sameSize, names]);
    yield { body, what: what.join('; ') };
  }
}
