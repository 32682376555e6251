import type { LedgerMessage, MessageMeta } from '@mxodus/model';

const TOO_LARGE = 'too large';

/** Why the destination's own stated limit rules a message out before it is sent; null: it does not. */
export function ruledOut(message: Pick<MessageMeta, 'bytes'>, appendLimit: number | null): string | null {
  if (appendLimit === null || message.bytes <= appendLimit) return null;
  return `${TOO_LARGE}: ${message.bytes} bytes, the destination takes ${appendLimit}`;
}

/**
 * Whether a message the ledger knows, and that is not at the destination, is to be sent by this pass.
 *
 *   state    meaning                  answer
 *   intent   in doubt                 no; it is looked up
 *   stored   at the destination       no; a copy the user deleted there is not brought back
 *   cannot   ruled out                only when it was its size and the limit allows it now
 *   failed   refused or unreadable    yes
 */
export function sendAgain(row: LedgerMessage, appendLimit: number | null): boolean {
  switch (row.state) {
    case 'intent':
    case 'stored':
      return false;
    case 'cannot':
      return (row.reason?.startsWith(TOO_LARGE) ?? false) && ruledOut(row, appendLimit) === null;
    case 'failed':
      return true;
  }
}
