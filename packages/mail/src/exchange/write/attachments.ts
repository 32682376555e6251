import { z } from 'zod';
import { GraphDoubt, GraphRefusal, graphPath, graphQuery } from '../graph/graph.ts';
import type { GraphAttachment } from '../mime/graph-message.ts';
import { readAttachment, readRange } from './attachment-bytes.ts';
import { attachmentJson, ONE_POST_ATTACHMENT_BYTES } from './create-plan.ts';
import { lookUntil, type Mailbox } from './mailbox-requests.ts';
import { isServerTrouble } from './refusals.ts';

/** Below the 4 MB of a request, and ten times the 320 KiB that other upload sessions of Graph ask for. */
const RANGE_BYTES = 3_276_800;
/** Of one attachment: POSTs, or answers that bring the upload no further. */
const MOST_TRIES = 3;

const listedSchema = z.object({ size: z.number() });
const sessionSchema = z.object({ uploadUrl: z.string().min(1) });
/** The answers of a session spell it in two ways (facts §3). */
const rangesSchema = z.object({ nextExpectedRanges: z.array(z.string()) }).or(
  z.object({ NextExpectedRanges: z.array(z.string()) }).transform((answer) => ({
    nextExpectedRanges: answer.NextExpectedRanges,
  })),
);

/** The sizes of the attachments that are there, as the service counts: never less than their bytes. */
export async function attachmentSizes({ graph, user }: Mailbox, itemId: string): Promise<number[]> {
  const path = `${graphPath`/users/${user}/messages/${itemId}/attachments`}${graphQuery({ $select: 'id,name,size' })}`;
  const sizes: number[] = [];
  for await (const page of graph.pages({ path })) sizes.push(...page.map((one) => listedSchema.parse(one).size));
  return sizes;
}

/** As many as planned, and none of them too small: an attachment appears whole, with its last byte. */
export function areWhole(sizes: readonly number[], planned: readonly Pick<GraphAttachment, 'size'>[]): boolean {
  const [there, wanted] = [sizes, planned.map(({ size }) => size)].map((list) => list.toSorted((a, b) => a - b));
  return there?.length === wanted?.length && (wanted ?? []).every((size, index) => (there?.[index] ?? 0) >= size);
}

/** Where an attachment goes: the message, and how many it has already. */
interface Place {
  itemId: string;
  before: number;
}

/**
 * Adds one attachment to a message that nobody sees yet. Throws GraphDoubt when it may or may not be there: the message is then made
 * anew. Throws GraphRefusal when it cannot be added.
 */
export async function attach(mailbox: Mailbox, place: Place, attachment: GraphAttachment): Promise<void> {
  if (attachment.size < ONE_POST_ATTACHMENT_BYTES) return await postWhole(mailbox, place, attachment);
  try {
    await upload(mailbox, place, attachment);
  } catch (error) {
    // Where a session begins is told by the documentation in MB, and by the service by this refusal.
    const isSmall = error instanceof GraphRefusal && error.code === 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize';
    if (!isSmall) throw error;
    await postWhole(mailbox, place, attachment);
  }
}

async function postWhole(mailbox: Mailbox, place: Place, attachment: GraphAttachment): Promise<void> {
  const path = graphPath`/users/${mailbox.user}/messages/${place.itemId}/attachments`;
  const body = JSON.stringify(attachmentJson(attachment, (await readAttachment(attachment)).toString('base64')));
  for (let post = 1; ; post += 1) {
    try {
      await mailbox.graph.send({ method: 'POST', path, body, repeat: 'once' });
      return;
    } catch (error) {
      if (!isUnclear(error)) throw error;
      if (await lookUntil(mailbox, () => hasOneMore(mailbox, place))) return;
      if (post === MOST_TRIES) throw error;
    }
  }
}

const isUnclear = (error: unknown): boolean =>
  error instanceof GraphDoubt || (error instanceof GraphRefusal && isServerTrouble(error));

const hasOneMore = async (mailbox: Mailbox, { itemId, before }: Place): Promise<true | null> =>
  (await attachmentSizes(mailbox, itemId)).length > before ? true : null;

/**
 * An upload session: ranges in order, one after the other.
 *
 *   answer to a range                          next
 *   201                                        done
 *   200 and what is expected next              that range
 *   no answer, 5xx, 404 (the session is over)  ask the session what is expected next
 *   any other refusal of a range sent again    the same: the first may have arrived late
 *   any other refusal                          thrown
 *
 *   the session says                           next
 *   a range                                    that one; the same again and again: given up
 *   it is over, or expects nothing             is the attachment there? yes: done; no: given up
 */
async function upload(mailbox: Mailbox, place: Place, attachment: GraphAttachment): Promise<void> {
  const url = await openSession(mailbox, place, attachment);
  let [from, fruitless] = [0, 0];
  while (fruitless < MOST_TRIES) {
    const next = await putRange(mailbox, { url, from, again: fruitless > 0 }, attachment);
    if (next === 'stored') return;
    const expected = next === 'unclear' ? await expectedNext(mailbox, url) : next;
    if (expected === null || expected >= attachment.size) {
      if (await lookUntil(mailbox, () => hasOneMore(mailbox, place))) return;
      break;
    }
    fruitless = expected > from ? 0 : fruitless + 1;
    from = expected;
  }
  throw new GraphDoubt('an attachment was uploaded, and it is not there', null);
}

async function openSession({ graph, user }: Mailbox, { itemId }: Place, attachment: GraphAttachment): Promise<string> {
  const { name, contentType, isInline, contentId, size } = attachment;
  const AttachmentItem = {
    attachmentType: 'file',
    name,
    size,
    contentType,
    isInline,
    ...(contentId === null ? {} : { contentId }),
  };
  const path = graphPath`/users/${user}/messages/${itemId}/attachments/createUploadSession`;
  // A session that nobody uses adds nothing.
  const { body } = await graph.send({ method: 'POST', path, body: { AttachmentItem }, repeat: 'safe' });
  const session = sessionSchema.safeParse(body);
  if (!session.success) throw new GraphDoubt('the service opened no upload session', null);
  return session.data.uploadUrl;
}

async function putRange(
  { graph }: Mailbox,
  { url, from, again }: { url: string; from: number; again: boolean },
  attachment: GraphAttachment,
): Promise<number | 'stored' | 'unclear'> {
  const body = await readRange(attachment, { from, length: RANGE_BYTES });
  const range = `bytes ${from}-${from + body.length - 1}/${attachment.size}`;
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Range': range };
  try {
    const answer = await graph.sendTo(url, { method: 'PUT', body, headers });
    if (answer.status === 201) return 'stored';
    return nextRange(answer.body) ?? 'unclear';
  } catch (error) {
    if (isUnclear(error) || (error instanceof GraphRefusal && (again || error.status === 404))) return 'unclear';
    throw error;
  }
}

/** null: the session is over. */
async function expectedNext({ graph }: Mailbox, url: string): Promise<number | null> {
  try {
    return nextRange((await graph.sendTo(url, { method: 'GET' })).body);
  } catch (error) {
    if (error instanceof GraphRefusal && error.status === 404) return null;
    throw error;
  }
}

/** "3276800", "3276800-" and "3276800-9999999" are all seen. */
function nextRange(body: unknown): number | null {
  const answer = rangesSchema.safeParse(body);
  const [, start] = /^(\d+)/.exec((answer.success ? answer.data.nextExpectedRanges[0] : undefined) ?? '') ?? [];
  return start === undefined ? null : Number(start);
}
