/** Flags: what a destination takes, and what changed since the last look. */

const SYSTEM = ['\\Answered', '\\Deleted', '\\Draft', '\\Flagged', '\\Seen'];
/** RFC 9051 flag-keyword: an atom, so no space, brackets, quotes or controls. */
const KEYWORD = /^[^\s(){}%*"\\\]\u0000-\u001f\u007f-\uffff]+$/;

export interface AcceptedFlags {
  flags: string[];
  dropped: string[];
}

/** @param permanentFlags null: any keyword may be set */
export function acceptFlags(flags: readonly string[], permanentFlags: readonly string[] | null): AcceptedFlags {
  const allowed = permanentFlags === null ? null : new Set(permanentFlags.map((flag) => flag.toLowerCase()));
  const accepted: AcceptedFlags = { flags: [], dropped: [] };
  for (const flag of flags) {
    const wellFormed = flag.startsWith('\\') ? SYSTEM.includes(canonical(flag)) : KEYWORD.test(flag);
    const kept = wellFormed && (allowed === null || allowed.has(flag.toLowerCase()));
    (kept ? accepted.flags : accepted.dropped).push(flag);
  }
  return accepted;
}

const canonical = (flag: string): string => `\\${flag.charAt(1).toUpperCase()}${flag.slice(2).toLowerCase()}`;

/** Flags as the ledger keeps them. */
export const flagText = (flags: readonly string[]): string => flags.join(' ');

export const flagsOfText = (text: string): string[] => (text === '' ? [] : text.split(' '));

export interface FlagChange {
  add: string[];
  remove: string[];
}

/** Three ways: only what the source changed since the last look is changed at the destination; what the user set there stays. */
export function flagChange(before: readonly string[], now: readonly string[]): FlagChange {
  return { add: now.filter((flag) => !before.includes(flag)), remove: before.filter((flag) => !now.includes(flag)) };
}

export interface FlagGroup extends FlagChange {
  destinationUids: number[];
}

/** Equal changes go in one STORE. */
export function groupFlagChanges(changes: readonly { destinationUid: number; change: FlagChange }[]): FlagGroup[] {
  const groups = new Map<string, FlagGroup>();
  for (const { destinationUid, change } of changes) {
    const key = `+${change.add.join(' ')} -${change.remove.join(' ')}`;
    const group = groups.get(key) ?? { ...change, destinationUids: [] };
    group.destinationUids.push(destinationUid);
    groups.set(key, group);
  }
  return [...groups.values()];
}
