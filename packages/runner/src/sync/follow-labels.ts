import { decideLabels, flagText, type LabelAnswer, labelKeywords } from '@mxodus/engine';
import type { Adoption, GoneMessage, MessageMeta } from '@mxodus/model';
import { MessageTable } from './message-table.ts';
import { placesAtDestination } from './places-at-destination.ts';
import type { FolderWork, OpenFolder, SyncContext } from './sync-context.ts';

/**
 * A Gmail source lists one message in the folder of each of its labels (X-GM-EXT-1). It is fetched once; the other copies are made at
 * the destination by COPY, or left out, by `labels` of the server. What is left out counts as already there: it is, in another folder.
 */
export async function followLabels(context: SyncContext, work: FolderWork, open: OpenFolder): Promise<void> {
  const { ledger, mailboxId, rules, passId } = context;
  if (rules.labels === null) return;
  if (work.task.role === 'all') leaveLateComers(work);
  const added = new Map([...work.look.added].map((message) => [message.uid, message]));
  const { task } = work;
  const folder = { source: task.source, destination: task.destination, role: task.role };
  const places = await ledger.placesOf(mailboxId, emailIdsOf(added.values()));
  const answers = decideLabels(folder, [...added.values()], {
    policy: rules.labels,
    placed: Map.groupBy(
      places.filter(({ destinationUid }) => destinationUid !== null),
      ({ emailId }) => emailId ?? '',
    ),
    claimed: await claimedEarlier(context, work),
    keywords: keywordsOf(context, added.values()),
  });
  const settled = new Set<number>();
  const leftOut = answers.flatMap((answer) => (answer.kind === 'left-out' ? (added.get(answer.uid) ?? []) : []));
  await ledger.adopt(open.ledgerId, passId, leftOut.map(inAnotherFolder));
  for (const { uid } of leftOut) settled.add(uid);
  for (const uid of await copyAtDestination(context, work, { open, added, answers })) settled.add(uid);
  for (const answer of answers) {
    if (answer.kind === 'copy' && answer.keywords.length > 0) work.keywords.set(answer.uid, answer.keywords);
  }
  context.counters.settled += settled.size;
  work.look.added = work.look.added.without(settled);
}

/** What came after the first folder was listed may belong to one of them: the next pass sees it there. */
function leaveLateComers({ look, task }: FolderWork): void {
  const inTime = new MessageTable();
  for (const message of look.added) if (message.uid < task.status.uidNext) inTime.add(message);
  const late = look.added.length - inTime.length;
  look.added = inTime;
  look.status.messages -= late;
  look.status.uidNext = Math.min(look.status.uidNext, task.status.uidNext);
}

const emailIdsOf = (messages: Iterable<MessageMeta>): string[] => [
  ...new Set([...messages].flatMap(({ emailId }) => (emailId === undefined ? [] : [emailId]))),
];

/** One keyword for a label in every folder of the pass. */
function keywordsOf(context: SyncContext, messages: Iterable<MessageMeta>): ReadonlyMap<string, string> {
  if (context.rules.labels !== 'keywords') return context.labelKeywords;
  const labels = new Set([...messages].flatMap((message) => message.labels ?? []));
  for (const [label, keyword] of labelKeywords(labels, context.labelKeywords))
    context.labelKeywords.set(label, keyword);
  return context.labelKeywords;
}

/** Messages of folders before this one that are not at the destination yet: they come from there, when they come. */
async function claimedEarlier(
  { ledger, mailboxId, labelFolders }: SyncContext,
  work: FolderWork,
): Promise<Map<string, string>> {
  const claimed = new Map<string, string>();
  const earlier = new Set(labelFolders.slice(0, labelFolders.indexOf(work.task.source)));
  for (const { id, source } of await ledger.currentFolders(mailboxId)) {
    if (!earlier.has(source)) continue;
    for (const { emailId } of await ledger.unsettled(id)) if (emailId !== null) claimed.set(emailId, source);
  }
  return claimed;
}

const inAnotherFolder = ({ uid, bytes, internalDate, flags, emailId }: MessageMeta): Adoption => ({
  uid,
  bytes,
  internalDate,
  flags: flagText(flags),
  destinationUid: null,
  digest: null,
  emailId: emailId ?? null,
  found: true,
});

/** Returns the UIDs that were copied inside the destination; the others are fetched. */
async function copyAtDestination(
  context: SyncContext,
  work: FolderWork,
  from: {
    open: OpenFolder;
    added: ReadonlyMap<number, MessageMeta>;
    answers: readonly LabelAnswer<GoneMessage>[];
  },
): Promise<number[]> {
  const { ledger, passId, connections } = context;
  const { open, added, answers } = from;
  const wanted = new Map<GoneMessage, MessageMeta>();
  for (const answer of answers) {
    const message = added.get(answer.uid);
    if (answer.kind === 'copy-from' && message !== undefined) wanted.set(answer.place, message);
  }
  const copied: number[] = [];
  for (const { path, present } of await placesAtDestination(context, [...wanted.keys()])) {
    const messages = present.flatMap(({ gone, destinationUid }) => {
      const message = wanted.get(gone);
      return message === undefined ? [] : [{ message, gone, destinationUid }];
    });
    const intents = messages.map(({ message, gone }) => {
      const { uid, bytes, internalDate, flags, emailId } = message;
      const floor = open.atDestination.uidNext;
      const { digest } = gone;
      return { uid, bytes, internalDate, flags: flagText(flags), floor, digest, emailId: emailId ?? null };
    });
    await ledger.writeIntents(open.ledgerId, passId, intents);
    const session = await connections.destination();
    const answer = await session.copy(
      path,
      messages.map(({ destinationUid }) => destinationUid),
      open.destination,
    );
    const known = answer.uidValidity === open.destinationUidValidity;
    const settlements = messages.map(({ message, destinationUid }) => ({
      uid: message.uid,
      kind: 'stored' as const,
      destinationUid: known ? (answer.uids.get(destinationUid) ?? null) : null,
    }));
    await ledger.settle(open.ledgerId, passId, settlements);
    work.appended += messages.length;
    copied.push(...messages.map(({ message }) => message.uid));
  }
  return copied;
}
