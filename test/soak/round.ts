import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diary } from './diary.ts';
import { destinationDifferences, sourceDifferences } from './model/compare.ts';
import { completePass, type DeletePolicy } from './model/complete-pass.ts';
import { recoverLedger } from './model/lost-ledger.ts';
import { drawDisturbance } from './passes/disturbance.ts';
import { quietDown } from './passes/quiet-down.ts';
import { type PassEnd, runPass } from './passes/run-pass.ts';
import type { Look, Person } from './person.ts';
import type { Random } from './random.ts';
import { SoakFailure } from './soak-failure.ts';
import type { Mood } from './user/choice.ts';
import { newUidValidity } from './user/new-uid-validity.ts';
import type { End, World } from './world.ts';

export interface RoundOptions {
  world: World;
  people: readonly Person[];
  diary: Diary;
  random: Random;
  policy: DeletePolicy;
  number: number;
  /** An undisturbed pass takes about this long, s. */
  seconds: number;
}

export interface RoundResult {
  seconds: number;
  passes: number;
  disturbed: number;
  event: Event;
}

/** What befalls the servers or the ledger in a calm round. */
export type Event = 'none' | 'source-uidvalidity' | 'destination-uidvalidity' | 'lost-ledger';

/** A burst of activity, passes that are disturbed, passes that are not; then the destination must be what the model says. */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { world, people, diary, random, policy } = options;
  diary.beginRound(options.number);
  const event: Event =
    options.number === 0
      ? 'none'
      : random.weighted({ none: 8, 'source-uidvalidity': 1, 'destination-uidvalidity': 1, 'lost-ledger': 1 });
  const calm = event !== 'none';
  const wild: Mood = calm || options.number === 0 ? 'calm' : 'wild';
  const mild: Mood = calm ? 'mild-calm' : 'mild';
  const note = (text: string) => (pass: PassEnd) => diary.notePass(passText(text, pass), pass.stdout + pass.stderr);

  await happen(options, event);
  for (const person of people) {
    const steps = options.number === 0 ? random.between(30, 60) : random.between(1, calm ? 12 : 30);
    await person.act({ random, mood: wild, steps, pauseMs: 0 });
  }
  const disturbed = Number(random.weighted({ 0: 4, 1: 3, 2: 2, 3: 1 }));
  for (let count = 0; count < disturbed; count += 1) {
    const disturbance = drawDisturbance(random, options.seconds);
    const besides = random.chance(0.5) ? mildActs(people, random, mild) : null;
    const [pass] = await Promise.all([runPass(world, disturbance), besides?.()]);
    note(`pass, ${disturbance.text}`)(pass);
  }
  const during = random.chance(0.3) ? mildActs(people, random, mild) : null;
  const quiet = await quietDown(world, during, note('pass'));

  const looks = new Map<Person, Look>();
  for (const person of people) looks.set(person, await person.look());
  for (const [{ mailbox }, look] of looks) {
    completePass(mailbox, policy);
    if (event === 'lost-ledger') recoverLedger(mailbox, countIn(look));
  }
  check(looks, quiet.last);
  for (const [person, look] of looks) person.settle(look);
  return { seconds: quiet.seconds, passes: quiet.passes + disturbed, disturbed, event };
}

async function happen({ world, people, diary, random }: RoundOptions, event: Event): Promise<void> {
  if (event === 'none') return;
  if (event === 'lost-ledger') {
    diary.note('the ledger is lost');
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) {
      await rm(join(world.journey.dir, '.mxodus', name), { force: true });
    }
    return;
  }
  const end: End = event === 'source-uidvalidity' ? 'source' : 'destination';
  for (const { user, mailbox } of people) {
    const stored = end === 'source' ? mailbox.messages : mailbox.items;
    const folder = random.pick(['INBOX', ...new Set([...stored].map(({ folder: name }) => name))]);
    diary.note(`${user} ${end}: another UIDVALIDITY for "${folder}"`);
    await newUidValidity(end === 'source' ? world.journey.old : world.journey.new, user, folder);
  }
}

/** Drawn now, done later: what is drawn does not depend on how long a pass takes. */
function mildActs(people: readonly Person[], random: Random, mood: Mood): () => Promise<void> {
  const person = random.pick(people);
  const steps = random.between(1, 6);
  return () => person.act({ random, mood, steps, pauseMs: 200 });
}

const countIn =
  ({ destination }: Look) =>
  (folder: string, sha256: string): number =>
    destination[folder]?.messages.filter((message) => message.sha256 === sha256).length ?? 0;

function check(looks: ReadonlyMap<Person, Look>, { sourceMessages, buckets }: PassEnd): void {
  const lines: string[] = [];
  let expected = 0;
  for (const [{ user, mailbox }, look] of looks) {
    const at = (end: End, found: readonly string[]) => found.map((line) => `${user} ${end} ${line}`);
    lines.push(...at('source', sourceDifferences(mailbox, look.source)));
    lines.push(...at('destination', destinationDifferences(mailbox, look.destination)));
    expected += mailbox.messages.size;
  }
  const sum = Object.values(buckets).reduce((all, count) => all + count, 0);
  const notMoved = ['cannot', 'failed', 'in_doubt', 'excluded'].some((name) => buckets[name] !== 0);
  if (sum !== sourceMessages || sourceMessages !== expected || notMoved) {
    lines.push(`${expected} messages at the source, the pass says ${sourceMessages}: ${JSON.stringify(buckets)}`);
  }
  if (lines.length > 0) throw new SoakFailure(lines);
}

function passText(text: string, { code, seconds, writes, buckets }: PassEnd): string {
  const counts = Object.entries(buckets)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return `${text}: ${code === null ? 'killed' : `exit ${code}`} in ${seconds.toFixed(1)} s, ${writes} writes, ${counts.join(', ')}`;
}
