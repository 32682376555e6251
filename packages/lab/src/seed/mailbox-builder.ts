import { createFiller } from './filler.ts';
import { EMPTY_FOLDER, type FolderPlan, KEYWORDS } from './folders.ts';
import { HOSTILE_KINDS, hostileMessage } from './hostile-messages.ts';
import type { FlagLetter, MailboxWriter, StoredMessage } from './mailbox-writer.ts';
import { type Correspondence, type MessageMaker, plainMessage } from './plain-messages.ts';
import { createRandom, type Random } from './random.ts';

export interface MailboxPlan {
  seed: string;
  folders: readonly FolderPlan[];
  messages: number;
  correspondence: Correspondence;
  /** Of all messages: how many hostile, doubled, without Message-ID, with another one's Message-ID. */
  shares: { hostile: number; duplicate: number; noId: number; sharedId: number; unsubscribed: number };
  /** Begin with one of each of these kinds, so that even a small mailbox has them. */
  scripted: readonly string[];
  sizes: { median: number; sigma: number; largest: number };
  /** Messages of the largest size. */
  bigMessages: number;
}

// Every date follows from this one, never from the clock.
const NOW = Date.UTC(2025, 5, 30, 12) / 1000;
const FIFTEEN_YEARS = 15 * 365.25 * 86_400;
const EDGES = [
  '2012-02-29T23:59:59Z',
  '2019-03-31T01:00:00Z',
  '2023-10-29T01:30:00Z',
  '2016-12-31T23:59:59Z',
  '2020-01-01T00:00:00Z',
  '2024-02-29T00:00:00Z',
].map((text) => Date.parse(text) / 1000);

/** The kinds a hostile mailbox begins with, besides the hostile messages. */
export const SCRIPTED_KINDS: readonly string[] = [
  'no-id',
  'shared-id',
  'duplicate:equal',
  'duplicate:same-folder',
  'duplicate:other-folder',
  ...EDGES.map((_, at) => `edge:${at}`),
  ...HOSTILE_KINDS.map((kind) => `hostile:${kind}`),
];

interface Placed {
  folder: string;
  message: StoredMessage;
}

interface Builder {
  random: Random;
  maker: MessageMaker;
  plan: MailboxPlan;
  keywordsOf: ReadonlyMap<string, readonly string[]>;
  /** Candidates for doubles. */
  pool: Placed[];
}

/** Gives one mailbox to the writer and returns what that makes of it. Follows from the plan alone. */
export function buildMailbox<T>(plan: MailboxPlan, writer: MailboxWriter<T>): T {
  const random = createRandom(plan.seed);
  const keywordsOf = new Map<string, readonly string[]>();
  for (const { name } of plan.folders) {
    const keywords = KEYWORDS.filter(() => random.chance(0.7));
    keywordsOf.set(name, keywords);
    const subscribed = name === 'INBOX' || !random.chance(plan.shares.unsubscribed);
    writer.addFolder(name, { subscribed, keywords });
  }
  const maker = {
    random,
    filler: createFiller(random),
    correspondence: plan.correspondence,
    ids: [],
    subjectOf: new Map(),
  };
  const builder: Builder = { random, maker, plan, keywordsOf, pool: [] };

  for (const kind of kindsOf(builder)) {
    const placed = place(builder, kind);
    writer.store(placed.folder, placed.message);
    if (placed.message.bytes.length < 200_000 && builder.pool.length < 500) builder.pool.push(placed);
  }
  return writer.finish();
}

/** The kind of each message, in the order they are made: a few plain ones first, since doubles need something to double. */
function kindsOf({ random, plan }: Builder): string[] {
  const fixed = [...Array<string>(plan.bigMessages).fill('big'), ...plan.scripted];
  const opening = Math.min(5, Math.max(plan.messages - fixed.length, 1));
  const kinds = [...Array<string>(opening).fill('plain'), ...fixed].slice(0, plan.messages);
  let turn = random.below(HOSTILE_KINDS.length);
  const { hostile, duplicate, noId, sharedId } = plan.shares;
  while (kinds.length < plan.messages) {
    const chance = random.next();
    if (chance < hostile) kinds.push(`hostile:${HOSTILE_KINDS[turn++ % HOSTILE_KINDS.length]}`);
    else if (chance < hostile + duplicate)
      kinds.push(`duplicate:${random.pick(['equal', 'same-folder', 'other-folder'])}`);
    else if (chance < hostile + duplicate + noId) kinds.push('no-id');
    else if (chance < hostile + duplicate + noId + sharedId) kinds.push('shared-id');
    else kinds.push('plain');
  }
  return kinds;
}

function place(builder: Builder, kind: string): Placed {
  const [family, detail = ''] = kind.split(':');
  if (family === 'duplicate') return double(builder, detail);
  const { random, maker, plan } = builder;
  const folder = pickFolder(builder);
  const time =
    family === 'edge' ? (EDGES[Number(detail)] ?? NOW) : NOW - Math.floor(FIFTEEN_YEARS * random.next() ** 1.5);
  if (family === 'hostile') return finish(builder, folder, { kind, time, bytes: hostileMessage(maker, time, detail) });

  const size = family === 'big' ? plan.sizes.largest : randomSize(builder);
  const messageId =
    family === 'no-id' ? null : family === 'shared-id' && maker.ids.length > 0 ? random.pick(maker.ids) : undefined;
  const built = plainMessage(maker, time, size, messageId === undefined ? {} : { messageId });
  const bytes = random.chance(0.5) ? built.bytes : withBareLineFeeds(built.bytes);
  return finish(builder, folder, { kind: family === 'plain' ? built.kind : `${kind}:${built.kind}`, time, bytes });
}

/** A byte-identical copy: 'equal' in folder, date and flags too; else with a chance of other flags and another date. */
function double(builder: Builder, detail: string): Placed {
  const { random } = builder;
  const original = random.pick(builder.pool);
  const kind = `duplicate:${detail}`;
  if (detail === 'equal') return { folder: original.folder, message: { ...original.message, kind } };
  const others = builder.plan.folders.filter(({ name, weight }) => weight > 0 && name !== original.folder);
  const folder = detail === 'other-folder' && others.length > 0 ? random.pick(others).name : original.folder;
  const time = original.message.time + (random.chance(0.5) ? 0 : random.below(86_400));
  return finish(builder, folder, { kind, time, bytes: original.message.bytes });
}

function finish(builder: Builder, folder: string, message: { kind: string; time: number; bytes: Buffer }): Placed {
  const { random } = builder;
  const flags: FlagLetter[] = [];
  if (random.chance(0.8)) flags.push('S');
  if (random.chance(0.2)) flags.push('R');
  if (random.chance(0.07)) flags.push('F');
  if (random.chance(0.02)) flags.push('T');
  if (folder === 'Drafts' || random.chance(0.005)) flags.push('D');
  const known = builder.keywordsOf.get(folder) ?? [];
  const keywords = random.chance(0.15) ? known.filter(() => random.chance(0.3)) : [];
  const unseen = folder === 'INBOX' && random.chance(0.5);
  return { folder, message: { ...message, flags, keywords, unseen } };
}

function pickFolder({ random, plan }: Builder): string {
  const open = plan.folders.filter(({ name, weight }) => weight > 0 && name !== EMPTY_FOLDER);
  return random.weighted(open.map(({ name, weight }) => ({ item: name, weight })));
}

function randomSize({ random, plan }: Builder): number {
  const { median, sigma, largest } = plan.sizes;
  // A tail of attachments, 80 times the usual size.
  const size = random.chance(0.008) ? random.lognormal(80 * median, 1) : random.lognormal(median, sigma);
  return Math.round(Math.min(Math.max(size, 500), largest));
}

function withBareLineFeeds(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
