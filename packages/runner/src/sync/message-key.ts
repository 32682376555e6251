import { createHash } from 'node:crypto';

/** Where a message is at the source: what the ledger knows it by, too. */
export interface SourcePlace {
  server: string;
  user: string;
  folder: string;
  uidValidity: number;
  uid: number;
}

/**
 * Names a source message for ever and everywhere: kept with the copy by mail systems that can, so that a copy is found again without a
 * ledger and after an answer that never came. Lower-case hex: Exchange compares such values without regard to case.
 */
export function messageKey({ server, user, folder, uidValidity, uid }: SourcePlace): string {
  const place = JSON.stringify([server, user, folder, uidValidity, uid]);
  return `v1:${createHash('sha256').update(place).digest('hex')}`;
}
