import { acceptFlags, pairByContent } from '@mxodus/engine';
import type { EventOf, LedgerMessage, MailSession, MessageMeta } from '@mxodus/model';
import { digests, sha256 } from '../sync/content-digest.ts';
import { otherMessageIds, pairByKey } from './verify-keyed.ts';

export type VerifyLevel = 'counts' | 'headers' | 'bytes';
export type Difference = Omit<EventOf<'difference'>, 'type' | 'mailbox'>;

export interface VerifyFolder {
  source: MailSession;
  destination: MailSession;
  folder: string;
  /** Whose folder it is. */
  at: { server: string; user: string };
  uidValidity: number;
  destinationFolder: string;
  rows: readonly LedgerMessage[];
  level: VerifyLevel;
  tempDir: string;
}

export interface VerifiedFolder {
  compared: number;
  onlyAtDestination: number;
  differences: Difference[];
}

export interface Pair {
  mine: MessageMeta;
  theirs: MessageMeta;
}

const CHUNK = { messages: 200, bytes: 16 * 1024 * 1024 };

/** Compares one folder with its copy. Both ends are read anew; the ledger only says which message is the copy of which. */
export async function verifyFolder(input: VerifyFolder): Promise<VerifiedFolder> {
  const [mine, theirs] = await Promise.all([
    input.source.scan(input.folder),
    input.destination.scan(input.destinationFolder, { writable: true }),
  ]);
  const differences: Difference[] = [];
  if (input.level === 'counts') {
    const [expected, found] = [mine.messages.length, theirs.messages.length];
    if (found < expected)
      differences.push({
        ...place(input),
        uid: null,
        destination_uid: null,
        kind: 'count',
        detail: `${expected} at the source, ${found} at the destination`,
      });
    return { compared: expected, onlyAtDestination: Math.max(0, found - expected), differences };
  }

  const { pairs, lonelyMine, lonelyTheirs } = pairByLedger(input.rows, mine.messages, theirs.messages);
  const { keyed } = input.destination;
  const byContent =
    keyed === null
      ? await pairLonely(input, lonelyMine, lonelyTheirs)
      : await pairByKey(input, keyed, { mine: lonelyMine, theirs: lonelyTheirs });
  pairs.push(...byContent);
  const partnered = new Set(byContent.map((pair) => pair.mine.uid));
  for (const message of lonelyMine.filter(({ uid }) => !partnered.has(uid))) differences.push(missing(input, message));
  for (const pair of pairs) differences.push(...compareMeta(input, pair, theirs.permanentFlags));
  if (keyed === null) differences.push(...(await compareContent(input, pairs)));
  else differences.push(...(await otherMessageIds(input, pairs)).map((pair) => otherMessage(input, pair)));
  const partneredTheirs = new Set(byContent.map((pair) => pair.theirs.uid));
  const extra = lonelyTheirs.filter(({ uid }) => !partneredTheirs.has(uid));
  if (input.level === 'bytes' && keyed === null) differences.push(...(await doubled(input, extra, pairs)));
  return { compared: mine.messages.length, onlyAtDestination: theirs.messages.length - pairs.length, differences };
}

const place = (input: VerifyFolder) => ({ folder: input.folder, destination_folder: input.destinationFolder });

function pairByLedger(rows: readonly LedgerMessage[], mine: readonly MessageMeta[], theirs: readonly MessageMeta[]) {
  const destinationUids = new Map(rows.map((row) => [row.uid, row.destinationUid]));
  const there = new Map(theirs.map((message) => [message.uid, message]));
  const pairs: Pair[] = [];
  const lonelyMine: MessageMeta[] = [];
  for (const message of mine) {
    const uid = destinationUids.get(message.uid);
    const partner = typeof uid === 'number' ? there.get(uid) : undefined;
    if (partner === undefined) {
      lonelyMine.push(message);
      continue;
    }
    pairs.push({ mine: message, theirs: partner });
    there.delete(partner.uid);
  }
  return { pairs, lonelyMine, lonelyTheirs: [...there.values()] };
}

/** The ledger knows no copy: look for one by its bytes. */
async function pairLonely(
  input: VerifyFolder,
  mine: readonly MessageMeta[],
  theirs: readonly MessageMeta[],
): Promise<Pair[]> {
  if (mine.length === 0 || theirs.length === 0) return [];
  const wanted = await digests(input.source, { path: input.folder, messages: mine, tempDir: input.tempDir });
  const present = await digests(input.destination, {
    path: input.destinationFolder,
    messages: theirs,
    tempDir: input.tempDir,
  });
  const myByUid = new Map(mine.map((message) => [message.uid, message]));
  const theirByUid = new Map(theirs.map((message) => [message.uid, message]));
  return pairByContent(wanted, present).flatMap((pair) => {
    const [a, b] = [myByUid.get(pair.wanted), theirByUid.get(pair.present)];
    return a === undefined || b === undefined ? [] : [{ mine: a, theirs: b }];
  });
}

function missing(input: VerifyFolder, { uid }: MessageMeta): Difference {
  const row = input.rows.find((candidate) => candidate.uid === uid);
  return {
    ...place(input),
    uid,
    destination_uid: row?.destinationUid ?? null,
    kind: 'missing',
    detail: whyMissing(row),
  };
}

function whyMissing(row: LedgerMessage | undefined): string {
  if (row === undefined) return 'not copied yet';
  switch (row.state) {
    case 'stored':
      return 'it was copied, and is no longer in this folder of the destination (moved or deleted there)';
    case 'intent':
      return 'it was sent and the answer never came; the next sync looks for it';
    case 'cannot':
    case 'failed':
      return row.reason ?? 'not copied';
  }
}

function compareMeta(
  input: VerifyFolder,
  { mine, theirs }: Pair,
  permanentFlags: readonly string[] | null,
): Difference[] {
  const at = { ...place(input), uid: mine.uid, destination_uid: theirs.uid };
  const differences: Difference[] = [];
  const kept = comparedFlags(input, permanentFlags);
  const [expected, found] = [kept(mine.flags), kept(theirs.flags)];
  if (expected !== found)
    differences.push({ ...at, kind: 'flags', detail: `(${expected}) at the source, (${found}) at the destination` });
  const [sent, arrived] = [second(mine.internalDate), second(theirs.internalDate)];
  if (sent !== null && sent !== arrived)
    differences.push({
      ...at,
      kind: 'internal_date',
      detail: `${iso(sent)} at the source, ${iso(arrived)} at the destination`,
    });
  return differences;
}

/** A mail system of another make keeps these two as they are; what it makes of the others is in the report. */
const KEPT_EVERYWHERE = ['\\Flagged', '\\Seen'];

function comparedFlags(input: VerifyFolder, permanentFlags: readonly string[] | null) {
  if (input.destination.keyed !== null)
    return (flags: readonly string[]): string => KEPT_EVERYWHERE.filter((flag) => flags.includes(flag)).join(' ');
  return (flags: readonly string[]): string => [...acceptFlags(flags, permanentFlags).flags].sort().join(' ');
}

const second = (date: number | null): number | null => (date === null ? null : Math.floor(date / 1000));
const iso = (seconds: number | null): string => (seconds === null ? 'none' : new Date(seconds * 1000).toISOString());

const otherMessage = (input: VerifyFolder, { mine, theirs }: Pair): Difference => ({
  ...place(input),
  uid: mine.uid,
  destination_uid: theirs.uid,
  kind: 'header',
  detail: 'the Message-ID is another one at the destination',
});

async function compareContent(input: VerifyFolder, pairs: readonly Pair[]): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const chunk of chunks(pairs)) {
    const [mine, theirs] = await Promise.all([
      read(input, input.source, { path: input.folder, messages: chunk.map((pair) => pair.mine) }),
      read(input, input.destination, { path: input.destinationFolder, messages: chunk.map((pair) => pair.theirs) }),
    ]);
    for (const pair of chunk) {
      const [sent, kept] = [mine.get(pair.mine.uid), theirs.get(pair.theirs.uid)];
      if (sent !== undefined && sent === kept) continue;
      const kind = input.level === 'bytes' ? 'bytes' : 'header';
      differences.push({
        ...place(input),
        uid: pair.mine.uid,
        destination_uid: pair.theirs.uid,
        kind,
        detail: contentDetail(pair, sent, kept),
      });
    }
  }
  return differences;
}

/** What only the destination has is the user's own; but one more copy of a message that was moved looks like a doubled one. */
async function doubled(
  input: VerifyFolder,
  extra: readonly MessageMeta[],
  pairs: readonly Pair[],
): Promise<Difference[]> {
  const look = ({ bytes, internalDate }: MessageMeta): string => `${bytes} ${second(internalDate)}`;
  const moved = Map.groupBy(pairs, ({ theirs }) => look(theirs));
  const suspects = extra.filter((message) => moved.has(look(message)));
  if (suspects.length === 0) return [];
  const twins = suspects.flatMap((message) => moved.get(look(message)) ?? []).map(({ theirs }) => theirs);
  const messages = [...new Map([...suspects, ...twins].map((message) => [message.uid, message])).values()];
  const found = await digests(input.destination, { path: input.destinationFolder, messages, tempDir: input.tempDir });
  const movedDigests = new Set(twins.map(({ uid }) => found.get(uid)));
  return suspects
    .filter(({ uid }) => movedDigests.has(found.get(uid)))
    .map(({ uid }) => {
      return {
        ...place(input),
        uid: null,
        destination_uid: uid,
        kind: 'extra',
        detail: 'one more copy of a message that was moved',
      };
    });
}

function contentDetail({ mine, theirs }: Pair, sent: string | undefined, kept: string | undefined): string {
  if (sent === undefined) return 'the source lists it and does not give its content';
  if (kept === undefined) return 'the destination lists it and does not give its content';
  return `sha256 ${sent.slice(0, 12)} (${mine.bytes} bytes) at the source, ${kept.slice(0, 12)} (${theirs.bytes} bytes) at the destination`;
}

async function read(
  input: VerifyFolder,
  session: MailSession,
  what: { path: string; messages: MessageMeta[] },
): Promise<Map<number, string>> {
  if (input.level === 'bytes') return digests(session, { ...what, tempDir: input.tempDir });
  const found = new Map<number, string>();
  for await (const { uid, body } of session.fetchHeaders(
    what.path,
    what.messages.map((message) => message.uid),
  )) {
    found.set(uid, sha256(body).toString('hex'));
  }
  return found;
}

function* chunks(pairs: readonly Pair[]): Generator<Pair[]> {
  let chunk: Pair[] = [];
  let bytes = 0;
  for (const pair of pairs) {
    if (chunk.length >= CHUNK.messages || (chunk.length > 0 && bytes + pair.mine.bytes > CHUNK.bytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(pair);
    bytes += pair.mine.bytes;
  }
  if (chunk.length > 0) yield chunk;
}
