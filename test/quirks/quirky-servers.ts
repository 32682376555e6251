import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Dovecot,
  defineQuirk,
  type FolderMap,
  type Quirk,
  type QuirkServer,
  type Quirks,
  quoted,
  type RawConnection,
  readMailbox,
  signedIn,
  startQuirkServer,
} from '@mxodus/lab';
import { afterAll, beforeAll } from 'vitest';
import { type Finished, type Journey, startJourney, summaryOf } from '../journey.ts';

/** Two Dovecots for all tests of a file. Each test has a mailbox, a config, a plan and quirk servers of its own. */
export interface QuirkyServers {
  start(options?: CaseOptions): Promise<Case>;
}

export interface CaseOptions {
  /** Of the source and of the destination. */
  old?: Quirks;
  new?: Quirks;
  /** Keys of both servers in the config: `timeout: 2s, limits: { connections_per_mailbox: 2 }`. */
  server?: string;
  /** Of the source only: `labels: first`. */
  oldServer?: string;
  /** In place of `sync: { settle: 1s }`. */
  config?: string;
}

export interface Mail {
  folder?: string;
  /** Default: one with a Message-ID of its own. */
  body?: Buffer | string;
  flags?: string;
  /** Default: 2 January 2020, each message a second later. */
  date?: string;
}

export type Row = Record<string, unknown>;

export interface Synced {
  summary: Row;
  events: Row[];
  /** Those among them. */
  alterations: Row[];
  notMoved: Row[];
  finished: Finished;
}

export interface Case {
  readonly user: string;
  readonly old: QuirkServer;
  readonly new: QuirkServer;
  readonly dir: string;
  /** Of this user. */
  account(end: 'old' | 'new'): { user: string; password: string };
  /** Puts mail into the source, past the quirks. */
  deliver(...mails: Mail[]): Promise<void>;
  /** Mail that has nothing special, with subjects from `name`. */
  deliverPlain(count: number, name?: string, folder?: string): Promise<void>;
  /** Works at one end like a user, past the quirks. */
  at<T>(end: 'old' | 'new', body: (connection: RawConnection) => Promise<T>): Promise<T>;
  plan(): Promise<Finished>;
  sync(...args: string[]): Promise<Synced>;
  /** Rows of `report --json` of one type. */
  report(type: string): Promise<Row[]>;
  read(end: 'old' | 'new'): Promise<FolderMap>;
  /** folder, content, date and flags of every message, sorted. */
  held(end: 'old' | 'new', parts?: HeldParts): Promise<string[]>;
  loseLedger(): Promise<void>;
}

export interface HeldParts {
  dates?: boolean;
  flags?: boolean;
}

export const plainMail = (name: string, lines = 2): string =>
  `From: Ann <ann@example.test>\r\nSubject: ${name}\r\nMessage-ID: <${name.replaceAll(' ', '-')}@example.test>\r\nDate: Thu, 2 Jan 2020 10:00:00 +0000\r\n\r\n${`text of ${name}\r\n`.repeat(lines)}`;

/** What Dovecot never gives: it turns NUL into something else. */
export const NUL_MAIL = plainMail('nul').replace('text of', 'text\0of');

/** A source that gives this for the message with this UID. */
export function givesBody(uid: number, body: string): Quirk {
  return defineQuirk('another body', (hit) => ({
    onResponse: ({ text, literal }) => {
      if (!literal || !new RegExp(`\\bUID ${uid} .*BODY\\[\\](?:<\\d+>)? $`).test(text)) return undefined;
      hit();
      literal.edit = { kind: 'instead', text: `{${body.length}}\r\n${body}` };
      return undefined;
    },
  }));
}

export function useQuirkyServers(): QuirkyServers {
  let journey: Journey;
  let cases = 0;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    journey = await startJourney({
      users: ['nobody'],
      seed: { messagesPerUser: 0, seed: 1, hostile: false },
    });
  });
  // Not after each test: some look at one mailbox together.
  afterAll(async () => {
    for (const stop of stops) await stop();
    await journey.stop();
  });

  const front = async (dovecot: Dovecot, quirks: Quirks = []): Promise<QuirkServer> => {
    const server = await startQuirkServer({ target: dovecot, quirks });
    stops.push(() => server.stop());
    return server;
  };
  return {
    start: async (options = {}) => {
      cases++;
      const user = `user${cases}`;
      const [old, fresh] = [await front(journey.old, options.old), await front(journey.new, options.new)];
      const config = join(journey.dir, `${user}.yaml`);
      await writeFile(config, configText(user, { old: old.port, new: fresh.port }, options));
      return openCase({ journey, user, config, old, new: fresh });
    },
  };
}

interface Opened {
  journey: Journey;
  user: string;
  config: string;
  old: QuirkServer;
  new: QuirkServer;
}

function openCase({ journey, user, config, old, new: fresh }: Opened): Case {
  const plan = join(journey.dir, `${user}.plan.json`);
  let delivered = 0;
  const signIn = async <T>(end: 'old' | 'new', body: (connection: RawConnection) => Promise<T>): Promise<T> =>
    signedIn(journey[end], user, journey[end].password, body);
  const read = (end: 'old' | 'new'): Promise<FolderMap> => readMailbox(journey[end], user, journey[end].password);

  const opened: Case = {
    user,
    old,
    new: fresh,
    dir: journey.dir,
    account: (end) => ({ user, password: journey[end].password }),
    deliver: (...mails) =>
      signIn('old', async (connection) => {
        const made = new Set(['INBOX']);
        for (const { folder = 'INBOX', body, flags = '', date } of mails) {
          if (!made.has(folder)) await connection.command(`CREATE ${quoted(folder)}`).catch(() => undefined);
          made.add(folder);
          delivered++;
          const when =
            date ?? `02-Jan-2020 10:${twoDigits(Math.floor(delivered / 60))}:${twoDigits(delivered % 60)} +0000`;
          const bytes = Buffer.from(body ?? plainMail(`${user} mail ${delivered}`));
          await connection.command([`APPEND ${quoted(folder)} (${flags}) "${when}" `, bytes]);
        }
      }),
    deliverPlain: (count, name = 'plain', folder = 'INBOX') =>
      opened.deliver(
        ...Array.from({ length: count }, (_, index) => ({
          folder,
          body: plainMail(`${name} ${index + 1} of ${user}`),
        })),
      ),
    at: signIn,
    plan: () => journey.run('plan', '-c', config, '-o', plan),
    sync: async (...args) => {
      const finished = await journey.run('sync', plan, '-c', config, '--json', ...args);
      const events = rowsOf(finished);
      const of = (type: string): Row[] => events.filter((event) => event.type === type);
      return {
        summary: summaryOf(finished),
        events,
        alterations: of('alteration'),
        notMoved: of('not_moved'),
        finished,
      };
    },
    report: async (type) =>
      rowsOf(await journey.run('report', plan, '-c', config, '--json')).filter((row) => row.type === type),
    read,
    held: async (end, { dates = true, flags = true } = {}) =>
      Object.entries(await read(end))
        .flatMap(([folder, { messages }]) =>
          messages.map((message) =>
            [folder, message.sha256, dates && message.internalDate, flags && message.flags.join(' ')].join(' '),
          ),
        )
        .sort(),
    loseLedger: async () => {
      for (const end of ['', '-wal', '-shm'])
        await rm(join(journey.dir, '.mxodus', `${user}.db${end}`), { force: true });
    },
  };
  return opened;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

const rowsOf = ({ stdout }: Finished): Row[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...Object(JSON.parse(line)) }));

function configText(user: string, ports: { old: number; new: number }, options: CaseOptions): string {
  const keys = (own: string | undefined): string =>
    [options.server, own].flatMap((text) => (text ? [`, ${text}`] : [])).join('');
  return `version: 1
project: ${user}
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${ports.old}, tls: none${keys(options.oldServer)} }
  new: { kind: imap, host: 127.0.0.1, port: ${ports.new}, tls: none${keys(undefined)} }
mailboxes:
  - { address: ${user}@example.test, source: old, user: ${user}, password: { env: OLD_PW }, destination: { user: ${user}, password: { env: NEW_PW } } }
assign:
  - { match: "*", to: new }
ledger: { kind: sqlite, path: .mxodus/${user}.db }
${options.config ?? 'sync: { settle: 1s }'}
`;
}
