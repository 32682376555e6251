import type { Ledger, LedgerReader } from '@mxodus/model';
import { intent, stored } from './rows.ts';

/** Opens the same ledger, empty at first, again and again until `dispose`. */
export interface LedgerStore {
  open(): Promise<Ledger>;
  /** As status and report open it; null: there is no ledger. */
  read(): Promise<LedgerReader | null>;
  dispose(): Promise<void>;
}

export const ANN = { address: 'ann@example.com', source: 'old', destination: 'new' };
export const BOB = { ...ANN, address: 'bob@example.com' };
export const INBOX = { source: 'INBOX', uidValidity: 7, destination: 'INBOX' };

/** A ledger with a pass over the mailbox of Ann under way and her INBOX open. */
export interface OpenedLedger {
  ledger: Ledger;
  mailbox: number;
  pass: number;
  folder: number;
  store: LedgerStore;
}

export type On = () => OpenedLedger;

/** Closes it and opens it again: what a write promised is still there. */
export async function reopen(opened: OpenedLedger): Promise<void> {
  await opened.ledger.close();
  opened.ledger = await opened.store.open();
}

export const startPass = (ledger: Ledger, mailbox: number): Promise<number> =>
  ledger.startPass(mailbox, { kind: 'sync', planSha256: 'abc', startedAt: '2026-11-22T13:00:00Z' });

/** Writes intents for the UIDs and settles them as stored, each at its UID + 100. */
export async function store(
  { ledger, pass }: OpenedLedger,
  folder: number,
  uids: readonly number[],
  differs: Parameters<typeof intent>[1] = {},
): Promise<void> {
  await ledger.writeIntents(
    folder,
    pass,
    uids.map((uid) => intent(uid, differs)),
  );
  await ledger.settle(
    folder,
    pass,
    uids.map((uid) => stored(uid)),
  );
}

/** The states of the messages with these UIDs, gone ones too: "1 stored", "2 gone". */
export async function statesOf({ ledger }: OpenedLedger, folder: number, uids: readonly number[]): Promise<string[]> {
  return (await ledger.messagesOf(folder, uids)).map(({ uid, state, gone }) => `${uid} ${gone ? 'gone' : state}`);
}
