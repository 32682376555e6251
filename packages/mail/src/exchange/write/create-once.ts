import { GraphDoubt, GraphRefusal } from '../graph/graph.ts';
import {
  afterSending,
  lookUntil,
  type Mailbox,
  type MailItem,
  oldestFirst,
  postMessage,
  removeItem,
} from './mailbox-requests.ts';
import { isServerTrouble } from './refusals.ts';

/** POSTs of one message at most; each but the first after looks that found nothing. */
const MOST_POSTS = 3;

export interface Creation {
  folderId: string;
  json: string;
  /** All that is there under the key of this message; 'elsewhere': it left the folder already. */
  look(): Promise<MailItem[] | 'elsewhere'>;
}

export type Created =
  | { kind: 'created'; item: MailItem }
  | { kind: 'elsewhere' }
  | { kind: 'refused'; refusal: GraphRefusal };

/**
 * Creates one message exactly once.
 *
 *   state     what happens                                       next
 *   posting   201 that says what it stored                       stored, or (not the first POST) looking for twins
 *   posting   a definite no                                      refused, or (not the first POST) looking
 *   posting   no answer, 502, 503, 504, 5xx, unreadable 201      looking
 *   looking   found                                              stored, or (not the first POST) looking for twins
 *   looking   not found, not all delays are over                 wait, then looking
 *   looking   not found, all delays are over, POSTs left         posting
 *   looking   not found, all delays are over, no POST left       the last answer: the refusal, or the doubt is thrown
 *   twins     all delays are over                                all but the oldest are removed; stored
 *
 * A copy may be there and not show for some seconds. Hence the POST is repeated only after all delays, and when it was, twins are
 * waited for just as long.
 */
export async function createOnce(mailbox: Mailbox, creation: Creation): Promise<Created> {
  const first = await posted(mailbox, creation);
  const definite = first.kind === 'created' || (first.kind === 'refused' && !isServerTrouble(first.refusal));
  return definite ? first : await afterSending(mailbox, () => persist(mailbox, creation, first));
}

async function persist(mailbox: Mailbox, creation: Creation, first: PostAnswer): Promise<Created> {
  let answer = first;
  for (let post = 1; ; post += 1) {
    if (post > 1) answer = await posted(mailbox, creation);
    if (answer.kind === 'created') return await withoutTwins(mailbox, creation, answer.item);
    const found = await lookUntil(mailbox, () => firstFound(creation));
    if (found === 'elsewhere') return { kind: 'elsewhere' };
    if (found !== null) return post === 1 ? created(found) : await withoutTwins(mailbox, creation, found);
    const isLast = post === MOST_POSTS;
    if (answer.kind === 'refused' && (isLast || !isServerTrouble(answer.refusal))) return answer;
    if (answer.kind === 'doubt' && isLast) throw answer.doubt;
  }
}

type PostAnswer = Exclude<Created, { kind: 'elsewhere' }> | { kind: 'doubt'; doubt: GraphDoubt };

async function posted(mailbox: Mailbox, { folderId, json }: Creation): Promise<PostAnswer> {
  try {
    return created(await postMessage(mailbox, folderId, json));
  } catch (error) {
    if (error instanceof GraphDoubt) return { kind: 'doubt', doubt: error };
    if (error instanceof GraphRefusal) return { kind: 'refused', refusal: error };
    throw error;
  }
}

const created = (item: MailItem): { kind: 'created'; item: MailItem } => ({ kind: 'created', item });

async function firstFound({ look }: Creation): Promise<MailItem | 'elsewhere' | null> {
  const found = await look();
  return found === 'elsewhere' ? found : (found[0] ?? null);
}

/** Waits for what an earlier POST may have left, and keeps the oldest. */
async function withoutTwins(mailbox: Mailbox, creation: Creation, item: MailItem): Promise<Created> {
  const seen = new Map([[item.id, item]]);
  await lookUntil(mailbox, async () => {
    const found = await creation.look();
    if (found !== 'elsewhere') for (const one of found) seen.set(one.id, one);
    return null;
  });
  const [oldest = item, ...twins] = oldestFirst([...seen.values()]);
  for (const twin of twins) await removeItem(mailbox, creation.folderId, twin.id);
  return created(oldest);
}
