import type { Alteration } from '@mxodus/model';
import { GraphDoubt, GraphRefusal } from '../graph/graph.ts';
import type { GraphAttachment } from '../mime/graph-message.ts';
import { areWhole, attach, attachmentSizes } from './attachments.ts';
import { createOnce } from './create-once.ts';
import { type CreateBody, createBody } from './create-plan.ts';
import {
  afterSending,
  findByKey,
  getItem,
  isNoSuchItem,
  lookUntil,
  type Mailbox,
  type MailItem,
  moveItem,
  removeItem,
} from './mailbox-requests.ts';
import { isServerTrouble } from './refusals.ts';
import { checkItem, type WantedItem } from './wanted-item.ts';

/** Of one message: how often it is begun anew. */
const MOST_BEGINNINGS = 3;
const MOST_MOVES = 3;

export interface StagedMessage {
  key: string;
  wanted: WantedItem;
  body: CreateBody;
  /** Those that go with the create, and those after it. */
  first: readonly GraphAttachment[];
  later: readonly GraphAttachment[];
  stagingId: string;
  folderId: string;
}

export type Staged =
  | { kind: 'stored'; item: MailItem; alterations: readonly Alteration[] }
  | { kind: 'refused'; refusal: GraphRefusal; what: 'message' | 'attachment' }
  /** Nothing is left of it. */
  | { kind: 'incomplete' };

/**
 * Writes a message that needs several requests. Its final key is in the create, as no key can be set later without Mail-Advanced; so
 * the staging folder, which nobody sees and no look for copies counts, says that it is not whole, and the move says that it is.
 *
 *   in the staging folder, under the key     seen by                next
 *   nothing                                  -                      create it there with the attachments that fit
 *   found, as wanted, attachments all there  another run's kill     move it; remove any other
 *   found, anything else                     another run's kill     remove it, create it anew
 *   created                                  -                      one attachment after the other
 *   an attachment may or may not be there    no answer              remove it, create it anew (three times at most)
 *   an attachment is refused                 a definite no          remove it, refused
 *   all attachments sent                     -                      count them: all there -> move; else remove, create anew
 *   moved                                    201                    stored: visible and whole at once
 *   the move had no answer                   no answer              look where it is: in the folder -> stored; else move again
 *
 * A kill leaves it in the staging folder, or moved with its key on it, and a look for the key finds it.
 */
export async function writeStaged(mailbox: Mailbox, message: StagedMessage): Promise<Staged> {
  const left = await takeLeftOver(mailbox, message);
  if (left !== null) return await moved(mailbox, message, { item: left, alterations: [] });
  let refusal: GraphRefusal | null = null;
  for (let beginning = 1; beginning <= MOST_BEGINNINGS; beginning += 1) {
    const built = await build(mailbox, message);
    if (built.kind === 'refused') return built;
    if (built.kind === 'built') return await moved(mailbox, message, built);
    refusal = built.refusal;
  }
  return refusal === null ? { kind: 'incomplete' } : { kind: 'refused', refusal, what: 'attachment' };
}

/** What another run left of this message, if it is whole; what is not is removed. */
async function takeLeftOver(mailbox: Mailbox, message: StagedMessage): Promise<MailItem | null> {
  let whole: MailItem | null = null;
  for (const item of await findByKey(mailbox, message.stagingId, message.key)) {
    const isWhole =
      whole === null &&
      isAsWanted(item, message.wanted) &&
      areWhole(await attachmentSizes(mailbox, item.id), [...message.first, ...message.later]);
    if (isWhole) whole = item;
    else await removeItem(mailbox, message.stagingId, item.id);
  }
  return whole;
}

const isAsWanted = ({ isDraft, receivedDateTime }: MailItem, { draft, arrival }: WantedItem): boolean =>
  isDraft === draft &&
  (draft || arrival === null || Math.floor(Date.parse(receivedDateTime ?? '') / 1000) === Math.floor(arrival / 1000));

interface Built {
  item: MailItem;
  alterations: readonly Alteration[];
}

type Building =
  | ({ kind: 'built' } & Built)
  | { kind: 'refused'; refusal: GraphRefusal; what: 'message' | 'attachment' }
  | { kind: 'unclear'; refusal: GraphRefusal | null };

async function build(mailbox: Mailbox, message: StagedMessage): Promise<Building> {
  const { key, wanted, body, first, later, stagingId } = message;
  const created = await createOnce(mailbox, {
    folderId: stagingId,
    json: await createBody(body, first),
    look: async () => await findByKey(mailbox, stagingId, key),
  });
  if (created.kind === 'refused') return { ...created, what: 'message' };
  if (created.kind === 'elsewhere') return { kind: 'unclear', refusal: null };
  const { item } = created;
  const alterations = await checkItem(mailbox, stagingId, { item, wanted });
  try {
    for (const [index, attachment] of later.entries()) {
      await attach(mailbox, { itemId: item.id, before: first.length + index }, attachment);
    }
    if (areWhole(await attachmentSizes(mailbox, item.id), [...first, ...later]))
      return { kind: 'built', item, alterations };
  } catch (error) {
    if (!(error instanceof GraphDoubt || error instanceof GraphRefusal)) throw error;
    await removeItem(mailbox, stagingId, item.id);
    if (error instanceof GraphDoubt) return { kind: 'unclear', refusal: null };
    // The item was changed behind our back (412), is gone, or the service is in trouble: begun anew.
    const passes = error.status === 412 || isNoSuchItem(error) || isServerTrouble(error);
    return { kind: passes ? 'unclear' : 'refused', refusal: error, what: 'attachment' };
  }
  await removeItem(mailbox, stagingId, item.id);
  return { kind: 'unclear', refusal: null };
}

async function moved(mailbox: Mailbox, message: StagedMessage, { item, alterations }: Built): Promise<Staged> {
  const there = await moveOnce(mailbox, message, item);
  if (!(there instanceof GraphRefusal)) return { kind: 'stored', item: there, alterations };
  await removeItem(mailbox, message.stagingId, item.id);
  return { kind: 'refused', refusal: there, what: 'message' };
}

async function moveOnce(mailbox: Mailbox, message: StagedMessage, item: MailItem): Promise<MailItem | GraphRefusal> {
  const first = await movedOrNot(mailbox, message, item);
  if (first.kind === 'moved') return first.item;
  if (first.kind === 'refused' && !isServerTrouble(first.error)) return first.error;
  return await afterSending(mailbox, async () => {
    let answer: MoveAnswer = first;
    for (let move = 1; ; move += 1) {
      if (move > 1) answer = await movedOrNot(mailbox, message, item);
      if (answer.kind === 'moved') return answer.item;
      const there = await lookUntil(mailbox, () => inFolder(mailbox, message, item));
      if (there !== null) return there;
      if (answer.kind === 'refused' && !isServerTrouble(answer.error)) return answer.error;
      if (move === MOST_MOVES) throw answer.error;
    }
  });
}

type MoveAnswer =
  | { kind: 'moved'; item: MailItem }
  | { kind: 'refused'; error: GraphRefusal }
  | { kind: 'doubt'; error: GraphDoubt };

async function movedOrNot(mailbox: Mailbox, { folderId }: StagedMessage, item: MailItem): Promise<MoveAnswer> {
  try {
    return { kind: 'moved', item: await moveItem(mailbox, item.id, folderId) };
  } catch (error) {
    if (error instanceof GraphRefusal) return { kind: 'refused', error };
    if (error instanceof GraphDoubt) return { kind: 'doubt', error };
    throw error;
  }
}

/** By its id, which a move keeps, or by its key. */
async function inFolder(mailbox: Mailbox, { key, folderId }: StagedMessage, item: MailItem): Promise<MailItem | null> {
  const there = await getItem(mailbox, item.id);
  if (there?.parentFolderId === folderId) return there;
  return there === null ? ((await findByKey(mailbox, folderId, key))[0] ?? null) : null;
}
