import { APPEND_CAPABILITIES, noUidCodes, type QuirkServer, signedIn, startQuirkServer } from '@mxodus/lab';
import { type Finished, type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';
import { type BreakableLine, type LineOptions, startBreakableLine } from './breakable-line.ts';

/** Small mailboxes between two servers, with a line to each that can be broken for one mailbox at a time. */
export interface CutWorld {
  journey: Journey;
  old: BreakableLine;
  new: BreakableLine;
  /** The summary, with the errors of the pass. */
  sync(...args: string[]): Promise<Record<string, unknown>>;
  /** As a user of the source. */
  atSource(user: string, commands: readonly (string | [string, Buffer])[]): Promise<void>;
  stop(): Promise<void>;
}

export interface CutWorldOptions {
  users: readonly string[];
  /** How the destination takes mail; with "no UIDPLUS" its answers name no UID either. */
  append?: keyof typeof APPEND_CAPABILITIES;
  /** Keys of both servers in the config, and of their limits. */
  server?: string;
  limits?: string;
  /** Messages of INBOX and of Work. */
  messages?: readonly [number, number];
  line?: LineOptions;
  config?: string;
}

export const LARGE_BYTES = 1_600_000;

const body = (user: string, name: string, bytes = 300): Buffer =>
  Buffer.from(
    `From: ${user}@example.test\r\nSubject: ${name}\r\nMessage-ID: <${name}.${user}@example.test>\r\n\r\n${'text of a mail\r\n'.repeat(bytes / 16)}`,
  );

export const append = (user: string, folder: string, name: string, bytes?: number): [string, Buffer] => [
  `APPEND ${folder} (\\Seen) "02-Jan-2020 10:00:${String(name.length % 60).padStart(2, '0')} +0000" `,
  body(user, name, bytes),
];

export async function startCutWorld(options: CutWorldOptions): Promise<CutWorld> {
  const { users, append: how = 'multiappend', messages = [6, 3], server = 'timeout: 60s' } = options;
  const limits = ['connections: 60, connections_per_mailbox: 2', options.limits ?? []].flat().join(', ');
  const lines: BreakableLine[] = [];
  let quirks: QuirkServer | undefined;
  const line = async (port: number): Promise<number> => {
    const made = await startBreakableLine(port, options.line);
    lines.push(made);
    return made.port;
  };
  const circumstances: JourneyOptions = {
    users,
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    limits: `{ ${limits} }, ${server}`,
    config: options.config ?? 'sync: { settle: 1s }',
    new: { capability: APPEND_CAPABILITIES[how] },
    oldPort: line,
    newPort: async (port) => {
      if (!how.includes('no UIDPLUS')) return line(port);
      quirks = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks: [noUidCodes()] });
      return line(quirks.port);
    },
  };
  const journey = await startJourney(circumstances);
  const [old, fresh] = lines;
  if (old === undefined || fresh === undefined) throw new Error('the lines were not made');
  const atSource: CutWorld['atSource'] = (user, commands) =>
    signedIn(journey.old, user, journey.old.password, async (connection) => {
      for (const command of commands) await connection.command(command);
    });
  const names = (count: number, prefix: string): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${'x'.repeat(index)}${index}`);
  for (const user of users) {
    await atSource(user, [
      'CREATE Work',
      'SUBSCRIBE Work',
      ...names(messages[0], 'in').map((name) => append(user, 'INBOX', name)),
      ...names(messages[1], 'work').map((name) => append(user, 'Work', name)),
    ]);
  }
  await journey.readOldAgain();
  return {
    journey,
    old,
    new: fresh,
    sync: async (...args) => {
      const finished = await journey.run('sync', journey.plan, '--json', ...args);
      const errors = eventsOf(finished).filter(({ type }) => type === 'error');
      return { ...summaryOf(finished), errors };
    },
    atSource,
    stop: async () => {
      await journey.stop();
      for (const made of lines) await made.stop();
      await quirks?.stop();
    },
  };
}

export const eventsOf = ({ stdout }: Finished): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...Object(JSON.parse(line)) }));
