import type { Truth } from '../truth/truth.ts';
import { testFolders } from './folders.ts';
import { buildMailbox, SCRIPTED_KINDS } from './mailbox-builder.ts';
import { createRandom } from './random.ts';

/** The host whose homes get the mail: a Dovecot of startDovecot. */
export interface SeedTarget {
  home(user: string): string;
  layout: 'maildir++' | 'fs';
}

export interface SeedOptions {
  server: SeedTarget;
  users: readonly string[];
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

/** Writes test mailboxes straight to disk, below the homes of a Dovecot. The homes must not have mail yet. */
export async function seedMaildirs(options: SeedOptions): Promise<Truth> {
  const { server, users, messagesPerUser, seed = 1, hostile = true } = options;
  const truth: Truth = { users: {} };
  for (const user of users) {
    const userSeed = `${seed}/${user}`;
    const folders = testFolders(createRandom(`${userSeed}/folders`), {
      hostile,
      dots: server.layout === 'fs',
      count: options.folders,
    });
    truth.users[user] = {
      folders: buildMailbox({
        home: server.home(user),
        layout: server.layout,
        seed: userSeed,
        folders,
        messages: messagesPerUser,
        correspondence: {
          owner: user.split('@')[0] ?? user,
          domain: 'example.test',
          people: PEOPLE,
          subjects: SUBJECTS,
        },
        shares: {
          hostile: hostile ? 0.02 : 0,
          duplicate: 0.01,
          noId: 0.005,
          sharedId: 0.005,
          unsubscribed: hostile ? 0.15 : 0,
        },
        scripted: hostile ? SCRIPTED_KINDS : [],
        sizes: {
          median: options.medianBytes ?? 8192,
          sigma: 1.2,
          largest: options.largestBytes ?? 25_000_000,
        },
        bigMessages: options.bigMessages ?? 0,
      }),
    };
    // A big seed must not hold up servers living in this process.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return truth;
}
