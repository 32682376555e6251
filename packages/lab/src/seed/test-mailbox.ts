import { testFolders } from './folders.ts';
import { type MailboxPlan, SCRIPTED_KINDS } from './mailbox-builder.ts';
import { createRandom } from './random.ts';

/** What a mailbox for tests is like, on whatever server. */
export interface TestMailboxOptions {
  messagesPerUser: number;
  /** Default 1. Same options, same bytes, names, dates, flags. */
  seed?: number;
  /** Default true: odd folder names, \NoSelect parents, unsubscribed folders, and every kind of hostile message first. */
  hostile?: boolean;
  /** Folders per user: INBOX and special-use ones, odd names (when hostile), then numbered ones. */
  folders?: number;
  /** Default 8192, log-normal. */
  medianBytes?: number;
  /** Default 25 MB; no random size is above it. */
  largestBytes?: number;
  /** Messages of largestBytes, per user. Default 0. */
  bigMessages?: number;
}

const SUBJECTS = [
  'Minutes of the meeting',
  'Your order',
  'Offer 4711',
  'Budget',
  'Holiday plans',
  'Server backup',
  'Drawing, rev. B',
];
const PEOPLE = ['anna.smith', 'juergen.gross', 'john.doe', 'mei.tanaka', 'sales', 'newsletter'];

/** The plan of one user's mailbox. `dots`: the server takes a dot inside a folder's name. */
export function testMailbox(user: string, options: TestMailboxOptions, dots: boolean): MailboxPlan {
  const { messagesPerUser, seed = 1, hostile = true } = options;
  const userSeed = `${seed}/${user}`;
  return {
    seed: userSeed,
    folders: testFolders(createRandom(`${userSeed}/folders`), { hostile, dots, count: options.folders }),
    messages: messagesPerUser,
    correspondence: { owner: user.split('@')[0] ?? user, domain: 'example.test', people: PEOPLE, subjects: SUBJECTS },
    shares: {
      hostile: hostile ? 0.02 : 0,
      duplicate: 0.01,
      noId: 0.005,
      sharedId: 0.005,
      unsubscribed: hostile ? 0.15 : 0,
    },
    scripted: hostile ? SCRIPTED_KINDS : [],
    sizes: { median: options.medianBytes ?? 8192, sigma: 1.2, largest: options.largestBytes ?? 25_000_000 },
    bigMessages: options.bigMessages ?? 0,
  };
}
