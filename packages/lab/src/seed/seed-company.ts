import type { Truth } from '../truth/truth.ts';
import type { FolderPlan } from './folders.ts';
import { buildMailbox } from './mailbox-builder.ts';
import { createMaildirWriter } from './maildir-writer.ts';
import { createRandom, type Random } from './random.ts';
import type { SeedTarget } from './seed-maildirs.ts';

/** The people of the demo's company; each is a user name and the local part of an address. */
export const COMPANY_PEOPLE: readonly string[] = [
  'ann',
  'bob',
  'carol',
  'dave',
  'erin',
  'frank',
  'grace',
  'heidi',
  'ivan',
  'judy',
  'mallory',
  'sales',
];

export interface CompanyOptions {
  server: SeedTarget;
  /** Default COMPANY_PEOPLE. */
  users?: readonly string[];
  /** Of all users together. Default 6000. */
  messages?: number;
  /** Default 1. */
  seed?: number;
  /** Default example.test. */
  domain?: string;
}

const EVERYONE = ['INBOX', 'Sent', 'Drafts', 'Trash', 'Junk', 'Archive'];

const TREES = [
  ['Projects/Harbour bridge/Offers', 'Projects/Harbour bridge/Drawings', 'Projects/Harbour bridge/Permits'],
  ['Projects/R&D', 'Projects/R&D/Prototypes'],
  ['Customers/Meyer & Söhne', 'Customers/Northern Rail', 'Customers/日本支社'],
  ['Invoices/2023', 'Invoices/2024', 'Invoices/2025'],
  ['Team', 'Team/Holidays', 'Team/Birthdays 🎂'],
  ['Newsletters'],
  ['Private', 'Private/Club "Rowing"'],
  ['Archive/2019', 'Archive/2020', 'Archive/2021'],
];

// A dot in a name: fine at the old host, impossible at a Maildir++ host.
const RELEASES = ['Releases/v1.2 release', 'Releases/v2.0'];

const SUBJECTS = [
  'Harbour bridge: revised offer',
  'Drawing 17-B, please check',
  'Minutes of Monday’s meeting'.replace('’', "'"),
  'Invoice 2024-0193',
  'Payment reminder',
  'Holiday calendar',
  'New coffee machine',
  'Server maintenance on Saturday',
  'Customer visit on Thursday',
  'Order confirmation 88412',
  'Quarterly figures',
  '=?utf-8?Q?Angebot_f=C3=BCr_Meyer_=26_S=C3=B6hne?=',
  'Train tickets to Rotterdam',
  'Contract draft, third version',
  'Welcome to the team!',
  'Your parcel is on its way',
  'Lunch on Friday?',
  'Safety training: who is missing',
  'Photos from the site',
  'Backup report: all jobs finished',
  'Price list 2025',
  '=?iso-2022-jp?B?GyRCOHsycTVEO3cbKEI=?=',
  'Out of office until 14 July',
  'Printer on the second floor',
];

/**
 * Writes the mailboxes of a small company: readable names and subjects, threads, folder trees, some large attachments, a
 * few hostile messages. One or two people have far more mail than the others, as everywhere.
 */
export async function seedCompany(options: CompanyOptions): Promise<Truth> {
  const { server, users = COMPANY_PEOPLE, messages = 6000, seed = 1, domain = 'example.test' } = options;
  const random = createRandom(`company/${seed}`);
  const counts = share(
    messages,
    users.map((_, at) => 1 / (at + 1.5) ** 0.7),
  );
  const truth: Truth = { users: {} };
  for (const [at, user] of users.entries()) {
    const owner = user.split('@')[0] ?? user;
    const count = counts[at] ?? 0;
    truth.users[user] = {
      folders: buildMailbox(
        {
          seed: `company/${seed}/${user}`,
          folders: foldersOf(random, server.layout),
          messages: count,
          correspondence: {
            owner,
            domain,
            people: users.map((other) => other.split('@')[0] ?? other),
            subjects: SUBJECTS,
          },
          shares: { hostile: 0.004, duplicate: 0.006, noId: 0.003, sharedId: 0.004, unsubscribed: 0.1 },
          scripted: [],
          sizes: { median: 6000, sigma: 1.1, largest: 3_500_000 },
          bigMessages: count > 300 ? 2 : 0,
        },
        createMaildirWriter(server.home(user), server.layout),
      ),
    };
    // The demo's servers and progress line live in this process too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return truth;
}

function foldersOf(random: Random, layout: 'maildir++' | 'fs'): FolderPlan[] {
  const trees = [...TREES, ...(layout === 'fs' ? [RELEASES] : [])].filter(() => random.chance(0.5));
  return [...EVERYONE, ...trees.flat()].map((name) => ({
    name,
    weight: name === 'INBOX' ? 10 : name === 'Sent' ? 7 : EVERYONE.includes(name) ? 1.5 : 0.5 + random.next() * 2,
  }));
}

/** Whole numbers in these proportions, which add up to `total`. */
function share(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const counts = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - counts.reduce((a, b) => a + b, 0);
  return counts.map((count, at) => (at < rest ? count + 1 : count));
}
