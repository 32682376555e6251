import type { Truth } from '../truth/truth.ts';
import { buildMailbox } from './mailbox-builder.ts';
import { createMaildirWriter } from './maildir-writer.ts';
import { type TestMailboxOptions, testMailbox } from './test-mailbox.ts';

/** The host whose homes get the mail: a Dovecot of startDovecot. */
export interface SeedTarget {
  home(user: string): string;
  layout: 'maildir++' | 'fs';
}

export interface SeedOptions extends TestMailboxOptions {
  server: SeedTarget;
  users: readonly string[];
}

/** Writes test mailboxes straight to disk, below the homes of a Dovecot. The homes must not have mail yet. */
export async function seedMaildirs(options: SeedOptions): Promise<Truth> {
  const { server, users } = options;
  const truth: Truth = { users: {} };
  for (const user of users) {
    const plan = testMailbox(user, options, server.layout === 'fs');
    truth.users[user] = { folders: buildMailbox(plan, createMaildirWriter(server.home(user), server.layout)) };
    // A big seed must not hold up servers living in this process.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return truth;
}
