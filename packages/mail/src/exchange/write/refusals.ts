import type { MxodusError, RefusalReason } from '@mxodus/model';
import { GraphDoubt, GraphRefusal } from '../graph/graph.ts';
import { doubtToError, refusalToError } from '../graph/refusal-to-error.ts';
import { type Mailbox, refusalContext } from './mailbox-requests.ts';

/** What a refusal of one message means; branched on the code, never on the words (facts §9). */
const REASONS: ReadonlyMap<string, RefusalReason> = new Map([
  ['ErrorQuotaExceeded', 'quota'],
  ['QuotaExceededException', 'quota'],
  ['ErrorMessageSizeExceeded', 'too-large'],
  ['ErrorAttachmentSizeLimitExceeded', 'too-large'],
  ['UnableToDeserializePostBody', 'content'],
  ['ErrorInvalidRecipients', 'content'],
  ['ErrorInvalidExtendedProperty', 'content'],
  ['ErrorInvalidExtendedPropertyValue', 'content'],
  ['ErrorInvalidPropertySet', 'content'],
  ['ErrorInvalidArgument', 'content'],
  ['ErrorMimeContentInvalid', 'content'],
  ['ErrorMimeContentInvalidBase64String', 'content'],
  ['ErrorMimeContentConversionFailed', 'content'],
  ['ErrorItemCorrupt', 'content'],
  ['ErrorCorruptData', 'content'],
  ['ErrorVirusDetected', 'content'],
  ['ErrorItemNotFound', 'no-folder'],
  ['ErrorParentFolderNotFound', 'no-folder'],
  ['ErrorInvalidParentFolder', 'no-folder'],
  ['ErrorInvalidIdMalformed', 'no-folder'],
  ['ErrorInvalidId', 'no-folder'],
]);

/** Of the mailbox, not of a message: no other message would get in either. */
const MAILBOX_CODES: ReadonlySet<string> = new Set([
  'MailboxNotEnabledForRESTAPI',
  'ErrorNonExistentMailbox',
  'ErrorInvalidUser',
  'ResourceNotFound',
  'Request_ResourceNotFound',
  'ErrorSendAsDenied',
  'ErrorMailboxLogonFailed',
]);

const BY_STATUS: ReadonlyMap<number, RefusalReason> = new Map([
  [413, 'too-large'],
  [429, 'busy'],
  [503, 'busy'],
  [507, 'quota'],
]);

/** The service itself is in trouble: what it did is not said. Seen: 500 with any code, 404 with an empty body. */
export const isServerTrouble = ({ status, code }: GraphRefusal): boolean =>
  (status >= 500 && status !== 507 && REASONS.get(code) !== 'quota') || (status === 404 && code === '');

/** The request was larger than the service takes, whatever the message is. */
export const isRequestTooLarge = ({ status, code }: GraphRefusal): boolean =>
  status === 413 && REASONS.get(code) === undefined;

/** Why one message was refused. Throws MxodusError where the trouble is the mailbox's, not the message's. */
export function refusalReason(mailbox: Mailbox, refusal: GraphRefusal, doing: string): RefusalReason {
  const { status, code, message } = refusal;
  // The one case that only the words tell apart (facts §9): no property can be named any more, so no copy of ours can be marked.
  if (REASONS.get(code) === 'quota' && /cannot get id from name/i.test(message))
    throw mailboxError(mailbox, refusal, doing);
  const reason = code.startsWith('InvalidInternetMessageHeader') ? 'content' : REASONS.get(code);
  if (reason !== undefined) return reason;
  if (status === 401 || status === 403 || MAILBOX_CODES.has(code)) throw mailboxError(mailbox, refusal, doing);
  return BY_STATUS.get(status) ?? (isServerTrouble(refusal) ? 'busy' : 'other');
}

/** The service's words, with what its support asks for. */
export function refusalWords({ status, code, message, requestId }: GraphRefusal): string {
  const request = requestId === null ? '' : ` (request-id ${requestId})`;
  return `${status} ${code === '' ? '' : `${code}: `}${message}${request}`;
}

const mailboxError = (mailbox: Mailbox, refusal: GraphRefusal, doing: string): MxodusError =>
  refusalToError(refusal, refusalContext(mailbox, doing));

/** What leaves a writer is an MxodusError, or a bug. */
export function toError(mailbox: Mailbox, error: unknown, doing: string): unknown {
  if (error instanceof GraphDoubt) return doubtToError(error, refusalContext(mailbox, doing));
  if (error instanceof GraphRefusal) return mailboxError(mailbox, error, doing);
  return error;
}
