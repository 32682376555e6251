import { invariant } from '@mxodus/model';
import { integerOrNull } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';
import { forgetDestinationUids } from './forget-destination-uids.ts';

const FIRST_UID = 1;

/** Writes nothing when it is what it was. */
export function setDestinationUidValidity(file: LedgerFile, folderId: number, uidValidity: number): void {
  if (destinationUidValidity(file, folderId) === uidValidity) return;
  file.durably(() => changeDestinationUidValidity(file, folderId, uidValidity));
}

/** Part of a transaction. */
export function changeDestinationUidValidity(file: LedgerFile, folderId: number, uidValidity: number): void {
  const before = destinationUidValidity(file, folderId);
  if (before === uidValidity) return;
  if (before !== null) forgetDestinationUids(file, folderId, FIRST_UID);
  file.run('update folders set destination_uid_validity = ? where id = ?', uidValidity, folderId);
}

function destinationUidValidity(file: LedgerFile, folderId: number): number | null {
  const row = file.get('select destination_uid_validity from folders where id = ?', folderId);
  invariant(row !== undefined, `there is no folder ${folderId} in the ledger`);
  return integerOrNull(row, 'destination_uid_validity');
}
