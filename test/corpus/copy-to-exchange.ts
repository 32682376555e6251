import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mailboxOf, maildirDelivery, readMailbox, signedIn } from '@mxodus/lab';
import { type ExchangeWorld, KEY, startExchangeWorld } from '../exchange/exchange-world.ts';
import { type Finished, finish, summaryOf } from '../journey.ts';
import { compareCopy } from './compare-copy.ts';
import { type CorpusFile, servedBytes } from './corpus-files.ts';
import { explain } from './explain-difference.ts';
import { independentView } from './independent-view.ts';

export interface ExchangeResult {
  messages: number;
  /** At the destination. */
  stored: number;
  /** Of all attachments; the rest is in `explained`. */
  attachments: { exact: number; byLines: number };
  /** How often a copy differs from the independent parser's view, by the reason. */
  explained: Map<string, number>;
  /** Alterations by their text, quoted words and numbers left out; largest first. */
  alterations: { text: string; count: number; example: string }[];
  altered: number;
  /** Of the process that copies, the first time. */
  peakBytes: number;
  /** What must not be; [] when all is well. */
  faults: string[];
}

const USER = 'corpus';
const FIRST_DATE = Date.UTC(2020, 0, 1);
const arrivalOf = (at: number): number => FIRST_DATE + at * 60_000;

/** What users did to the messages, by their place in the corpus. */
const FLAGS: readonly (readonly [flag: string, every: number])[] = [
  ['\\Seen', 2],
  ['\\Flagged', 3],
  ['\\Answered', 5],
  ['\\Draft', 101],
];
const has = (at: number, flag: string): boolean =>
  FLAGS.some(([name, every]) => name === flag && at % every === every - 1);

/** Copies the messages from a Dovecot to a simulated Microsoft 365, by the real command line, and compares each copy. */
export async function copyToExchange(files: readonly CorpusFile[]): Promise<ExchangeResult> {
  const world = await startExchangeWorld({ users: [USER], seed: { messagesPerUser: 0, seed: 1, hostile: false } });
  try {
    const delivery = maildirDelivery({ server: world.old });
    for (const [at, { bytes }] of files.entries()) await delivery.deliver(USER, bytes, new Date(arrivalOf(at)));
    return await copyAndCompare(world, files);
  } finally {
    await world.stop();
  }
}

async function copyAndCompare(world: ExchangeWorld, files: readonly CorpusFile[]): Promise<ExchangeResult> {
  const faults: string[] = [];
  const expect = (what: string, fine: boolean): void => void (fine || faults.push(what));
  const source = await flagged(world, files);
  expect(`the plan: ${(await world.run('plan', '--json')).code}`, faults.length === 0);
  const { finished, peakBytes } = await watched(world, 'sync', world.plan, '--json');
  const first = summaryOf(finished);
  expect(`first pass: ${JSON.stringify(first)}`, first.source_messages === files.length);
  const writesNothing = async (what: string): Promise<void> => {
    const pass = summaryOf(await world.run('sync', world.plan, '--json'));
    expect(`${what}: ${JSON.stringify(pass)}`, pass.exit_code === first.exit_code && pass.destination_writes === 0);
  };
  await writesNothing('second pass');
  const report = await world.run('report', world.plan, '--json');
  const verified = await world.run('verify', world.plan, '--json');
  expect(
    `verify: ${verified.code} ${verified.stderr} ${verified.stdout.slice(0, 2000)}`,
    verified.code === first.exit_code,
  );

  const altered = Map.groupBy(rowsOf(report, 'alteration'), ({ uid }) => uid);
  const refused = new Map(rowsOf(report, 'not_moved').map((row) => [row.uid, row]));
  const copies = copiesOf(world);
  const result: ExchangeResult = {
    messages: files.length,
    stored: copies.size,
    attachments: { exact: 0, byLines: 0 },
    explained: new Map(),
    alterations: alterationsOf(altered, source, files),
    altered: altered.size,
    peakBytes,
    faults,
  };
  for (const [uid, { at, key }] of source) {
    const file = files[at];
    const copy = copies.get(key);
    if (file === undefined) continue;
    if (copy === undefined) expect(`${file.path}: neither at the destination nor in the report`, refused.has(uid));
    else await compare(result, { file, at, copy, altered: altered.get(uid)?.map(({ what }) => what) ?? [] });
  }
  for (const row of refused.values())
    faults.push(`not moved: ${files[source.get(row.uid)?.at ?? -1]?.path} ${row.what} ${row.why}`);
  expect(`${copies.size} copies of ${files.length}`, copies.size + refused.size === files.length);
  await world.loseLedger();
  await writesNothing('the pass without a ledger');
  return result;
}

type Source = Map<number, { at: number; key: string }>;

/** Sets the flags; the messages by UID, with the key of their copies. */
async function flagged(world: ExchangeWorld, files: readonly CorpusFile[]): Promise<Source> {
  const messages = (await readMailbox(world.old, USER, world.old.password)).INBOX?.messages ?? [];
  const places = messages.map(({ kind, internalDate }) => ({
    uid: Number(kind.replace('uid ', '')),
    at: Math.round((Date.parse(internalDate) - FIRST_DATE) / 60_000),
  }));
  if (places.length !== files.length) throw new Error(`The source shows ${places.length} of ${files.length} messages.`);
  let uidValidity = 0;
  await signedIn(world.old, USER, world.old.password, async (connection) => {
    await connection.command('SELECT INBOX', ([text]) => {
      const found = typeof text === 'string' ? /UIDVALIDITY (\d+)/.exec(text) : null;
      if (found) uidValidity = Number(found[1]);
    });
    for (const [flag] of FLAGS) {
      const uids = places.flatMap(({ uid, at }) => (has(at, flag) ? [uid] : []));
      for (let from = 0; from < uids.length; from += 500) {
        await connection.command(`UID STORE ${uids.slice(from, from + 500).join(',')} +FLAGS.SILENT (${flag})`);
      }
    }
  });
  return new Map(places.map(({ uid, at }) => [uid, { at, key: keyOf(uid, uidValidity) }]));
}

/** As docs/architecture.md has it: the place at the source, hashed. */
const keyOf = (uid: number, uidValidity: number): string =>
  `v1:${createHash('sha256')
    .update(JSON.stringify(['old', USER, 'INBOX', uidValidity, uid]))
    .digest('hex')}`;

function copiesOf({ exchange }: ExchangeWorld) {
  const user = exchange.world.userOf(`${USER}@example.test`);
  if (user === undefined) throw new Error('The simulated Microsoft 365 has no such user.');
  const items = [...mailboxOf(exchange.world, user).items()];
  return new Map(items.map((item) => [item.extended.get(KEY) ?? `none ${item.serial}`, item]));
}

type StoredCopy = NonNullable<ReturnType<ReturnType<typeof copiesOf>['get']>>;

async function compare(
  { faults, explained, attachments }: ExchangeResult,
  { file, at, copy, altered }: { file: CorpusFile; at: number; copy: StoredCopy; altered: readonly string[] },
): Promise<void> {
  const fail = (text: string): void => void faults.push(`${file.path}: ${text}`);
  const draft = has(at, '\\Draft');
  const dated = altered.some((what) => what.startsWith('the draft is dated'));
  if (copy.isDraft !== draft) fail(copy.isDraft ? 'a draft that was none' : 'no draft any more');
  if (copy.isRead !== has(at, '\\Seen')) fail(`isRead is ${copy.isRead}`);
  if ((copy.flag.flagStatus === 'flagged') !== has(at, '\\Flagged')) fail(`flag is ${copy.flag.flagStatus}`);
  if (copy.received !== arrivalOf(at) && !dated) fail(`arrived ${new Date(copy.received).toISOString()}`);
  const seen = servedBytes(file.bytes);
  const lines = altered.some((what) => what.startsWith('lone CRs'));
  const view = await independentView(
    lines ? Buffer.from(seen.toString('latin1').replaceAll('\r', '\r\n'), 'latin1') : seen,
  );
  const count = (reason: string): void => void explained.set(reason, (explained.get(reason) ?? 0) + 1);
  if (lines) count('named: lone CRs are line ends; the parser is given line ends');
  if (view === null) {
    count('the parser cannot parse the message');
    return;
  }
  const { differences, matches } = compareCopy(view, copy);
  attachments.exact += matches.exact;
  attachments.byLines += matches.byLines;
  if (matches.byLines > 0) count(`attachment: equal lines only (${file.path.split('/').at(-1)})`);
  for (const difference of differences) {
    const reason = explain(difference, view, altered);
    if (reason === null)
      fail(JSON.stringify(difference, (key, value) => (key === 'bytes' ? undefined : value)).slice(0, 400));
    else count(`${difference.about}: ${reason}`);
  }
}

interface Row {
  uid: number;
  what: string;
  why: string;
}

function rowsOf({ stdout }: Finished, type: string): Row[] {
  return stdout.split('\n').flatMap((line): Row[] => {
    if (line === '') return [];
    const row: Record<string, unknown> = Object(JSON.parse(line));
    if (row.type !== type || typeof row.uid !== 'number') return [];
    return [{ uid: row.uid, what: String(row.what ?? row.reason), why: String(row.why ?? row.response) }];
  });
}

function alterationsOf(
  altered: ReadonlyMap<number, readonly Row[]>,
  source: Source,
  files: readonly CorpusFile[],
): ExchangeResult['alterations'] {
  const rows = [...altered.values()].flat();
  const pattern = ({ what, why }: Row): string =>
    `${what}: ${why}`.replace(/"(?:[^"\\]|\\.)*"/g, '"…"').replace(/\d+/g, 'N');
  return [...Map.groupBy(rows, pattern)]
    .map(([text, group]) => {
      const [one] = group;
      const example = `${one?.what} (${files[source.get(one?.uid ?? 0)?.at ?? -1]?.path})`;
      return { text, count: group.length, example };
    })
    .sort((a, b) => b.count - a.count);
}

/** Runs it in a process of its own, and says the most memory it had. */
async function watched(world: ExchangeWorld, ...args: string[]): Promise<{ finished: Finished; peakBytes: number }> {
  const child = world.spawn(...args);
  let peakBytes = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended, or this is no Linux.
    }
  }, 200);
  try {
    return { finished: await finish(child), peakBytes };
  } finally {
    clearInterval(look);
  }
}
