import { maildirDelivery, readMailbox, type TruthMessage } from '@mxodus/lab';
import { type Finished, type Journey, startJourney, summaryOf } from '../journey.ts';
import { binaryDigests } from './binary-digests.ts';
import type { CorpusFile } from './corpus-files.ts';

export interface CorpusResult {
  messages: number;
  /** BODY[], flags and INTERNALDATE are those of the source. */
  exact: number;
  /** Shown otherwise by the destination, and named by report or verify. */
  rewritten: number;
  /** With a NUL that is none any more, though BODY[] hides it, and named. */
  nulLost: number;
  /** What must not be; [] when all is well. */
  faults: string[];
}

const USER = 'corpus';
const FIRST_DATE = Date.UTC(2020, 0, 1);

/** Copies the messages from a Maildir that has them as they are to a new Dovecot, by the real command line, and compares. */
export async function copyCorpus(files: readonly CorpusFile[], saveCrlf: boolean): Promise<CorpusResult> {
  const journey = await startJourney({
    users: [USER],
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    new: { saveCrlf },
  });
  try {
    const delivery = maildirDelivery({ server: journey.old });
    for (const [at, { bytes }] of files.entries()) {
      await delivery.deliver(USER, bytes, new Date(FIRST_DATE + at * 60_000));
    }
    return await copyAndCompare(journey, files);
  } finally {
    await journey.stop();
  }
}

async function copyAndCompare(journey: Journey, files: readonly CorpusFile[]): Promise<CorpusResult> {
  const faults: string[] = [];
  const expect = (what: string, fine: boolean): void => void (fine || faults.push(what));
  const run = async (...args: string[]): Promise<Finished> => journey.run(...args, '--json');

  expect('plan failed', (await run('plan')).code === 0);
  const first = summaryOf(await run('sync', journey.plan));
  expect(`first pass: ${JSON.stringify(first)}`, first.exit_code === 0 && first.source_messages === files.length);
  const second = summaryOf(await run('sync', journey.plan));
  expect(`second pass: ${JSON.stringify(second)}`, second.exit_code === 0 && second.destination_writes === 0);

  const source = (await readMailbox(journey.old, USER, journey.old.password)).INBOX?.messages ?? [];
  const copy = (await readMailbox(journey.new, USER, journey.new.password)).INBOX?.messages ?? [];
  expect('the source does not show the files', sameHashes(source, files));
  expect(`${copy.length} of ${files.length} messages are at the destination`, copy.length === files.length);

  const different = withoutEqual(source, copy);
  const nulLost = await lostNuls(journey, files, { source, copy });
  const named = uidsIn(await run('report', journey.plan), 'alteration');
  const verified = uidsIn(await run('verify', journey.plan, '--level', 'bytes'), 'difference');
  for (const uid of [...different, ...nulLost]) {
    expect(`uid ${uid} differs and neither report nor verify names it`, named.has(uid) || verified.has(uid));
  }
  for (const uid of verified) {
    expect(`verify names uid ${uid}, which is exact`, different.has(uid) || nulLost.has(uid));
  }
  const exact = files.length - different.union(nulLost).size;
  return { messages: files.length, exact, rewritten: different.size, nulLost: nulLost.size, faults };
}

const uidOf = ({ kind }: TruthMessage): number => Number(kind.replace('uid ', ''));
const looks = ({ sha256, internalDate, flags }: TruthMessage): string => `${sha256} ${internalDate} ${flags.join(' ')}`;

function sameHashes(source: readonly TruthMessage[], files: readonly CorpusFile[]): boolean {
  const served = files.map(({ servedSha256 }) => servedSha256).sort();
  return (
    source
      .map(({ sha256 }) => sha256)
      .sort()
      .join() === served.join()
  );
}

/** UIDs of the messages that have no equal left in the copy; equal messages count as often as they are there. */
function withoutEqual(source: readonly TruthMessage[], copy: readonly TruthMessage[]): Set<number> {
  const left = Map.groupBy(copy, looks);
  return new Set(source.filter((message) => left.get(looks(message))?.pop() === undefined).map(uidOf));
}

/** UIDs of the messages with a NUL whose copies' BINARY[] is another one. Dates tell which copy is whose. */
async function lostNuls(
  { old, new: fresh }: Journey,
  files: readonly CorpusFile[],
  { source, copy }: { source: readonly TruthMessage[]; copy: readonly TruthMessage[] },
): Promise<Set<number>> {
  const withNul = new Set(files.filter(({ hasNul }) => hasNul).map(({ servedSha256 }) => servedSha256));
  const pairs = source
    .filter(({ sha256 }) => withNul.has(sha256))
    .map((message) => ({ message, other: copy.find(({ internalDate }) => internalDate === message.internalDate) }));
  const mine = await binaryDigests(
    old,
    USER,
    pairs.map(({ message }) => uidOf(message)),
  );
  const theirs = await binaryDigests(
    fresh,
    USER,
    pairs.flatMap(({ other }) => (other ? [uidOf(other)] : [])),
  );
  const lost = pairs.filter(({ message, other }) => {
    return other === undefined || mine.get(uidOf(message)) !== theirs.get(uidOf(other));
  });
  return new Set(lost.map(({ message }) => uidOf(message)));
}

/** UIDs in the lines of this type. */
function uidsIn({ stdout }: Finished, type: string): Set<number> {
  const uids = new Set<number>();
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const row: { type?: unknown; uid?: unknown } = Object(JSON.parse(line));
    if (row.type === type && typeof row.uid === 'number') uids.add(row.uid);
  }
  return uids;
}
