import type { KeyedMail, OutgoingMessage } from '@mxodus/model';
import { toCreate } from '../flags.ts';
import type { GraphRefusal } from '../graph/graph.ts';
import type { GraphContent } from '../mime/graph-message.ts';
import { asAttachment, readContent } from '../mime/read-content.ts';
import { DELIVERY_TIME, MESSAGE_FLAGS, MIGRATION_KEY, SUBMIT_TIME } from '../properties.ts';
import { systemTime } from '../system-time.ts';
import { ONE_CREATE_BYTES } from './choose-writer.ts';
import { createOnce } from './create-once.ts';
import { createBody, planCreate } from './create-plan.ts';
import type { ExchangeWriter, Target, Written } from './exchange-writer.ts';
import { afterSending, findByKey, type Mailbox } from './mailbox-requests.ts';
import { isRequestTooLarge, refusalReason, refusalWords, toError } from './refusals.ts';
import { sanitise } from './sanitise.ts';
import { writeStaged } from './staged-message.ts';
import { checkItem, isKeepableDate, type WantedItem } from './wanted-item.ts';

/** Attachments above this, together, wait in files: as large as what one request takes, so that the others are not slowed down. */
const MEMORY_BYTES = 4_000_000;

/** PidTagMessageFlags: submitted, and not unsent; the read state goes by isRead. */
const NO_DRAFT = '4';

const DOING = 'store a message';

export interface GraphJsonOptions {
  mailbox: Mailbox;
  keyed: KeyedMail;
  /** The id of the staging folder. */
  staging(): Promise<string>;
  messageLimit: number;
  tempDir: string;
}

/**
 * The create by JSON, with everything in it: one request, whole or not there, wherever the message is small enough.
 *
 *   refused for its content   next
 *   as it is                  without what may have offended (sanitise), or the whole original as an attachment
 *   sanitised                 the whole original as an attachment
 *   as an attachment          refused
 */
export function graphJsonWriter(options: GraphJsonOptions): ExchangeWriter {
  const { mailbox } = options;
  return {
    write: async (message, target) => {
      try {
        return await write(options, message, target);
      } catch (error) {
        throw toError(mailbox, error, DOING);
      }
    },
    close: async () => undefined,
  };
}

async function write(options: GraphJsonOptions, message: OutgoingMessage, target: Target): Promise<Written> {
  const { internalDate } = message;
  if (internalDate !== null && !isKeepableDate(internalDate)) {
    return { kind: 'refused', reason: 'date', response: 'Exchange has no dates before 1601 or after 4500' };
  }
  const content = await readContent(message.body, { tempDir: options.tempDir, memoryBytes: MEMORY_BYTES });
  try {
    const asItIs = await send(options, { message, target, content });
    if (!('refusal' in asItIs)) return asItIs;
    const sane = asItIs.refusal === null ? null : sanitised(content, asItIs.refusal);
    const again = sane === null ? asItIs : await send(options, { message, target, content: sane });
    if (!('refusal' in again)) return again;
    return await asOriginal(options, { message, target, refused: again });
  } finally {
    await content.discard();
  }
}

/** null: too large for a create, whatever the service says. */
interface ContentRefused {
  refusal: GraphRefusal | null;
}

const sanitised = (content: GraphContent, refusal: GraphRefusal): GraphContent | null =>
  isRequestTooLarge(refusal) ? null : sanitise(content, { code: refusal.code, words: refusalWords(refusal) });

const wordsOf = ({ refusal }: ContentRefused): string =>
  refusal === null ? `its text alone is more than ${ONE_CREATE_BYTES} bytes` : refusalWords(refusal);

async function asOriginal(
  options: GraphJsonOptions,
  { message, target, refused }: { message: OutgoingMessage; target: Target; refused: ContentRefused },
): Promise<Written> {
  const content = await asAttachment(message.body, wordsOf(refused));
  try {
    const answer = await send(options, { message, target, content });
    return 'refusal' in answer ? { kind: 'refused', reason: 'content', response: wordsOf(answer) } : answer;
  } finally {
    await content.discard();
  }
}

interface Sending {
  message: OutgoingMessage;
  target: Target;
  content: GraphContent;
}

async function send(
  options: GraphJsonOptions,
  { message, target, content }: Sending,
): Promise<Written | ContentRefused> {
  const { mailbox, messageLimit } = options;
  const bytes = content.attachments.reduce((sum, { size }) => sum + size, 0);
  if (bytes > messageLimit) return tooLarge(`its attachments are ${bytes} bytes, the mailbox takes ${messageLimit}`);
  const flags = toCreate(message.flags, Date.now());
  const wanted: WantedItem = { draft: flags.draft, arrival: message.internalDate };
  const body = {
    message: { ...content.message, ...flags.message },
    properties: [
      ...content.properties,
      ...flags.properties,
      ...(wanted.draft ? [] : [{ id: MESSAGE_FLAGS, value: NO_DRAFT }]),
      ...(wanted.arrival === null ? [] : datesOf(wanted.arrival, content.properties)),
      { id: MIGRATION_KEY, value: message.key },
    ],
  };
  const alterations = [...content.alterations, ...flags.alterations];
  const plan = planCreate(body, content.attachments);
  if (plan.kind === 'none') return { refusal: null };
  if (plan.kind === 'one') {
    const created = await createOnce(mailbox, {
      folderId: target.folderId,
      json: await createBody(body, content.attachments),
      look: () => lookFor(options, target, message.key),
    });
    if (created.kind === 'elsewhere') return { kind: 'stored', itemId: null, alterations };
    if (created.kind === 'created') {
      const { item } = created;
      const changed = await afterSending(mailbox, () => checkItem(mailbox, target.folderId, { item, wanted }));
      return { kind: 'stored', itemId: item.id, alterations: [...alterations, ...changed] };
    }
    const splits = isRequestTooLarge(created.refusal) && content.attachments.length > 0;
    if (!splits) return refused(mailbox, created.refusal);
  }
  const { first, later } = plan.kind === 'parts' ? plan : { first: [], later: content.attachments };
  const staged = await writeStaged(mailbox, {
    key: message.key,
    wanted,
    body,
    first,
    later,
    stagingId: await options.staging(),
    folderId: target.folderId,
  });
  if (staged.kind === 'stored') {
    return { kind: 'stored', itemId: staged.item.id, alterations: [...alterations, ...staged.alterations] };
  }
  if (staged.kind === 'incomplete') return INCOMPLETE;
  const { refusal, what } = staged;
  // Too small for an upload session and, as base64, too large for one request: the original is larger and fits a session.
  if (what === 'attachment' && isRequestTooLarge(refusal)) return { refusal };
  return what === 'attachment' && refusal.status === 403
    ? tooLarge(`attachments of a message this large need Mail-Advanced.ReadWrite.All: ${refusalWords(refusal)}`)
    : refused(mailbox, refusal);
}

const INCOMPLETE: Written = {
  kind: 'refused',
  reason: 'busy',
  response: 'its attachments did not arrive whole; what had arrived was removed',
};

/** Without a readable Date header the message was sent when it arrived; Exchange would say: when it was written here. */
function datesOf(arrival: number, properties: GraphContent['properties']): GraphContent['properties'] {
  const value = systemTime(arrival);
  const delivered = { id: DELIVERY_TIME, value };
  return properties.some(({ id }) => id === SUBMIT_TIME) ? [delivered] : [delivered, { id: SUBMIT_TIME, value }];
}

const tooLarge = (response: string): Written => ({ kind: 'refused', reason: 'too-large', response });

function refused(mailbox: Mailbox, refusal: GraphRefusal): Written | ContentRefused {
  const reason = refusalReason(mailbox, refusal, DOING);
  return reason === 'content' ? { refusal } : { kind: 'refused', reason, response: refusalWords(refusal) };
}

/** In the folder; if it is not there, in all of the mailbox: the user may have moved it at once. It may show between the two looks. */
async function lookFor({ mailbox, keyed }: GraphJsonOptions, { path, folderId }: Target, key: string) {
  const found = await findByKey(mailbox, folderId, key);
  if (found.length > 0) return found;
  const place = (await keyed.find(path, [key])).get(key);
  if (place === 'elsewhere') return place;
  return place === undefined ? found : await findByKey(mailbox, folderId, key);
}
