import { type Buckets, type FolderStatus, invariant } from '@mxodus/model';
import { bucketValues } from '../../rows/buckets.ts';
import type { LedgerFile } from '../ledger-file.ts';
import { SET_BUCKETS } from './bucket-columns.ts';
import { changeDestinationUidValidity } from './destination-uid-validity.ts';

/** When the last pass left the folder just so, SQLite finds nothing to write, and does not wait for the disk. */
export function finishFolder(
  file: LedgerFile,
  folderId: number,
  state: {
    status: FolderStatus;
    buckets: Buckets;
    destination: { uidValidity: number; uidNext: number; messages: number } | null;
  },
): void {
  const { status, buckets, destination } = state;
  file.durably(() => {
    if (destination !== null) changeDestinationUidValidity(file, folderId, destination.uidValidity);
    const finished = file.run(
      `update folders set ${SET_BUCKETS}, messages = ?, uid_next = ?, highest_modseq = ?, bytes = ?,
         destination_uid_next = ?, destination_messages = ?
       where id = ? and uid_validity = ?`,
      ...bucketValues(buckets),
      status.messages,
      status.uidNext,
      status.highestModseq,
      status.bytes,
      destination?.uidNext ?? null,
      destination?.messages ?? null,
      folderId,
      status.uidValidity,
    );
    invariant(finished === 1, `folder ${folderId} with UIDVALIDITY ${status.uidValidity} is not in the ledger`);
  });
}
