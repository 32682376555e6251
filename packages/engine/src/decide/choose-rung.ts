import type { FolderStatus } from '@mxodus/model';

/** How the changes of a source folder are found, the cheapest first. */
export type Rung = 'unchanged' | 'qresync' | 'condstore' | 'flag-diff' | 'full-scan';

export interface RungQuestion {
  /** The folder as the last pass finished it; null: no pass has. */
  before: FolderStatus | null;
  now: FolderStatus;
  /** Of the source. */
  capabilities: readonly string[];
  /** Something is left to do in the folder, even if it did not change: doubt, failed messages, an earlier half pass. */
  needsLook: boolean;
}

/**
 *   rung        when                                                                   cost
 *   unchanged   MODSEQ, UIDNEXT and number of messages are the same, nothing is left   nothing
 *   qresync     both MODSEQs are known, QRESYNC                                        the changes
 *   condstore   both MODSEQs are known, CONDSTORE                                      the changes, and UIDs where some are gone
 *   flag-diff   finished before, the UIDs only grew                                    UID and flags of every message
 *   full-scan   the first time, another UIDVALIDITY, or the folder went back           every message
 *
 * A folder goes back when a backup is restored: UIDNEXT or HIGHESTMODSEQ is lower than before, or messages came without new UIDs.
 */
export function chooseRung({ before, now, capabilities, needsLook }: RungQuestion): Rung {
  if (before === null || before.uidValidity !== now.uidValidity || wentBack(before, now)) return 'full-scan';
  const has = (name: string): boolean => capabilities.some((capability) => capability.toUpperCase() === name);
  const [then, since] = [modseq(before), modseq(now)];
  if (then === null || since === null) return 'flag-diff';
  const same = then === since && before.uidNext === now.uidNext && before.messages === now.messages;
  if (same && !needsLook) return 'unchanged';
  if (has('QRESYNC')) return 'qresync';
  return has('CONDSTORE') ? 'condstore' : 'flag-diff';
}

function wentBack(before: FolderStatus, now: FolderStatus): boolean {
  const [then, since] = [modseq(before), modseq(now)];
  return (
    now.uidNext < before.uidNext ||
    now.messages - before.messages > now.uidNext - before.uidNext ||
    (then !== null && since !== null && since < then)
  );
}

/** A server says 0 of a folder that keeps no MODSEQs (RFC 7162 3.1.2.2). */
function modseq({ highestModseq }: FolderStatus): bigint | null {
  if (highestModseq === null || !/^\d+$/.test(highestModseq)) return null;
  const value = BigInt(highestModseq);
  return value === 0n ? null : value;
}
