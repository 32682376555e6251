import { invariant, type LedgerMessage, type MessageState } from '@mxodus/model';
import type { MessageStatements } from './message-statements.ts';

/** One element of `page`: the columns in the order of the statement. */
type Row = [
  uid: number,
  state: MessageState,
  bytes: number,
  internalDate: number | null,
  flags: string,
  destinationUid: number | null,
  floor: number | null,
  passId: number,
  adopted: number,
  reason: string | null,
];

export function readMessages(statements: MessageStatements, folderId: number): LedgerMessage[] {
  const shared = sharedTexts();
  const messages: LedgerMessage[] = [];
  for (let after = 0; ; ) {
    const page = statements.page.get(folderId, after);
    if (typeof page?.last !== 'number') return messages;
    after = page.last;
    for (const row of parseRows(page.rows)) messages.push(messageOf(row, shared));
  }
}

function parseRows(json: unknown): Row[] {
  invariant(typeof json === 'string', 'a page of ledger rows is JSON');
  // The table is STRICT and checks the states, and the statement names the columns: the database has checked what this claims.
  return JSON.parse(json) as Row[];
}

function messageOf(row: Row, shared: (text: string) => string): LedgerMessage {
  const [uid, state, bytes, internalDate, flags, destinationUid, floor, passId, adopted, reason] = row;
  return {
    uid,
    state,
    bytes,
    internalDate,
    flags: shared(flags),
    destinationUid,
    floor,
    passId,
    adopted: adopted === 1,
    reason: reason === null ? null : shared(reason),
  };
}

/** Equal flags and reasons as one string in memory. */
function sharedTexts(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
}
