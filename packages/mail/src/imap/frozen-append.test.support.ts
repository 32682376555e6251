import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { MxodusError, type OutgoingMessage } from '@mxodus/model';
import { imapAccount } from './imap-account.ts';
import type { ImapAccountOptions } from './imap-options.ts';

/** What this process is told, as its one argument in JSON. */
export interface FrozenSetting {
  server: Pick<ImapAccountOptions, 'host' | 'port' | 'tls' | 'ca' | 'user'>;
  messages: number;
  bytes: number;
  /** 0: nobody asks. */
  leaseMs: number;
}

/**
 * Appends one batch under a lease that it renews itself, until it was out of touch for longer than that. Says "asked" at each question that
 * was answered with yes, and how it ended.
 */
const { server, messages, bytes, leaseMs }: FrozenSetting = JSON.parse(process.argv[2] ?? '');

const say = (word: string): void => void writeSync(1, `${word}\n`);

let until = performance.now() + leaseMs;
const renewing = setInterval(() => {
  if (performance.now() < until) until = performance.now() + leaseMs;
}, 50);

function mayCommit(): void {
  if (performance.now() >= until) throw new MxodusError('LEASE_LOST', { what: 'lost', why: 'frozen', advice: '' });
  say('asked');
}

const batch = Array.from(
  { length: messages },
  (_, index): OutgoingMessage => ({
    flags: [],
    internalDate: null,
    key: '',
    body: {
      kind: 'memory',
      bytes: Buffer.from(`Subject: ${index}\r\n\r\n${randomBytes((bytes * 3) / 4).toString('base64')}\r\n`),
    },
  }),
);

const account = imapAccount({
  ...server,
  server: 'new',
  auth: { method: 'login', password: async () => 'pass' },
});
const appender = await account.openAppender(
  new AbortController().signal,
  () => undefined,
  leaseMs === 0 ? undefined : mayCommit,
);
try {
  await appender.append('INBOX', batch);
  say('stored');
} catch (error) {
  say(error instanceof MxodusError ? error.code : String(error));
}
await appender.close();
clearInterval(renewing);
