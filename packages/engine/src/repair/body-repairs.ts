import { repairHeaderEightBit } from './header-eight-bit.ts';
import { repairHeaderLines } from './header-lines.ts';
import { repairFinalLineEnd, repairLineEnds } from './line-ends.ts';
import { repairLongLines } from './long-lines.ts';
import { repairMboxLine } from './mbox-line.ts';
import { holdsSigned } from './mime-lines.ts';
import { repairNul } from './nul-bytes.ts';
import type { BodyRepair, BodyRepairName } from './repair.ts';

/** In the order they are tried and applied, whatever the order they are asked for in: the same set always gives the same bytes. */
const ORDER: readonly (readonly [BodyRepairName, BodyRepair])[] = [
  ['final-line-end', repairFinalLineEnd],
  ['line-ends', repairLineEnds],
  ['nul', repairNul],
  ['mbox-line', repairMboxLine],
  ['header-lines', repairHeaderLines],
  ['header-8bit', repairHeaderEightBit],
  ['long-lines', repairLongLines],
];

/** A set of repairs: those asked for, or those that changed something. */
export type BodyRepairSet = ReadonlySet<BodyRepairName>;

export interface AppliedBody {
  body: Buffer;
  /** The repairs that changed something, in order. */
  names: readonly BodyRepairName[];
  /** A report line for each of them. */
  what: readonly string[];
}

/** An outcome, and the sets of `sets` that lead to it. */
export interface AppliedSets extends AppliedBody {
  sets: readonly BodyRepairSet[];
}

/** Applies each set of repairs to the original, made one at a time; what sets have in common is done once. */
export function* applyBodyRepairs(original: Buffer, sets: readonly BodyRepairSet[]): Generator<AppliedSets> {
  yield* applyFrom(0, { body: original, names: [], what: [], sets });
}

function* applyFrom(index: number, so: AppliedSets): Generator<AppliedSets> {
  const [name, repair] = ORDER[index] ?? [];
  if (name === undefined || repair === undefined) {
    yield so;
    return;
  }
  const asking = so.sets.filter((set) => set.has(name));
  const repaired = asking.length === 0 ? null : repair(so.body);
  if (repaired === null) {
    yield* applyFrom(index + 1, so);
    return;
  }
  const others = so.sets.filter((set) => !set.has(name));
  if (others.length > 0) yield* applyFrom(index + 1, { ...so, sets: others });
  const { body, signature } = repaired;
  const spoils = signature !== 'kept' && holdsSigned(body);
  const note = signature === 'breaks' ? 'the signature breaks' : 'the signature may break';
  yield* applyFrom(index + 1, {
    body,
    names: [...so.names, name],
    what: [...so.what, spoils ? `${repaired.what} (signed or encrypted content: ${note})` : repaired.what],
    sets: asking,
  });
}

/** The body with these repairs. */
export function withBodyRepairs(original: Buffer, names: readonly BodyRepairName[]): Buffer {
  for (const { body } of applyBodyRepairs(original, [new Set(names)])) return body;
  return original;
}

/**
 * The sets of repairs to try: first what the server's words ask for, one more each time, then the others in order on top of it. A
 * message may need two.
 */
export function bodyRepairSets(wanted: readonly BodyRepairName[]): { adds: BodyRepairName; set: BodyRepairSet }[] {
  const others = ORDER.map(([name]) => name).filter((name) => !wanted.includes(name));
  const order = [...wanted, ...others];
  return order.map((adds, index) => ({ adds, set: new Set(order.slice(0, index + 1)) }));
}
