import {
  type Adoption,
  type Buckets,
  type FolderStatus,
  type Intent,
  noMessages,
  type Settlement,
} from '@mxodus/model';

/** Rows as the contract writes them: what differs is given, the rest follows from the UID. */

export const uidsUpTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export const intent = (uid: number, differs: Partial<Intent> = {}): Intent => ({
  uid,
  bytes: 1000 + uid,
  internalDate: 1_700_000_000_000,
  flags: '\\Seen',
  floor: 50,
  digest: `digest ${uid}`,
  emailId: null,
  ...differs,
});

export const stored = (uid: number, destinationUid: number | null = uid + 100): Settlement => ({
  uid,
  kind: 'stored',
  destinationUid,
});

export const refused = (uid: number, kind: 'cannot' | 'failed'): Settlement => ({
  uid,
  kind,
  reason: 'NO Mailbox is full',
  bytes: 1000 + uid,
  internalDate: null,
  flags: '',
});

export const adoption = (uid: number, differs: Partial<Adoption> = {}): Adoption => ({
  uid,
  bytes: 1000 + uid,
  internalDate: 1_700_000_000_000,
  flags: '\\Seen',
  destinationUid: uid + 100,
  digest: null,
  emailId: null,
  found: true,
  ...differs,
});

export const buckets = (some: Partial<Buckets>): Buckets => ({ ...noMessages(), ...some });

/** Of a folder with UIDVALIDITY 7. */
export const status = (differs: Partial<FolderStatus> = {}): FolderStatus => ({
  messages: 3,
  uidNext: 10,
  uidValidity: 7,
  highestModseq: '18446744073709551615',
  bytes: null,
  ...differs,
});
