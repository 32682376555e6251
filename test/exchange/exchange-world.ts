import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificates,
  type Dovecot,
  type DovecotOptions,
  dumpMailbox,
  type Exchange365,
  type Exchange365Options,
  type ImapFace,
  type MessageDump,
  makeTempDir,
  readMailbox,
  type SeedOptions,
  seedMaildirs,
  startDovecot,
  startExchange,
  type Truth,
} from '@mxodus/lab';
import { type Finished, finish } from '../journey.ts';
import { runInProcess } from '../run-in-process.ts';

/** Mailboxes at a Dovecot that go to a simulated Microsoft 365, with the real command line. */

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const OLD_PASSWORD = 'old-secret-7261';

export interface ExchangeWorldOptions {
  /** Local parts; their addresses are of example.test. */
  users: readonly string[];
  seed: Omit<SeedOptions, 'server' | 'users'>;
  old?: Partial<DovecotOptions>;
  exchange?: Partial<Exchange365Options>;
  /** More keys of the server `m365`, as the config has them: `writer: graph-json, limits: { message: 1MB }`. */
  server?: string;
  /** In place of the old server's own port: a proxy of the test. */
  oldPort?: (port: number) => Promise<number>;
  /** More keys of the server `old`. */
  oldServer?: string;
  /** In place of the app's secret: `{ certificate: app.pem, key: { file: app.key } }`. */
  credential?: string;
  /** The mailboxes are there over IMAP too, and the config says where. */
  imap?: boolean;
  /** At the top level of the config. */
  config?: string;
}

export interface ExchangeWorld {
  dir: string;
  plan: string;
  old: Dovecot;
  exchange: Exchange365;
  imap: ImapFace | null;
  truth: Truth;
  /** What must be in no file and no output. */
  secrets: readonly string[];
  run(...args: string[]): Promise<Finished>;
  spawn(...args: string[]): ChildProcess;
  /** By the destination path of the folder, without those that mxodus and Exchange keep for themselves. */
  folders(user: string): Map<string, MessageDump[]>;
  /** What differs between truth and copies; [] when each message is there once, at its date, read and flagged as it was. */
  differences(): string[];
  /** The truth is what the source shows now. */
  readOldAgain(): Promise<void>;
  loseLedger(): Promise<void>;
  stop(): Promise<void>;
}

export const KEY = 'String {5e7fd0a2-6f4b-4c65-9d0e-3c1c7b6a2f58} Name MxodusKey';

export async function startExchangeWorld(options: ExchangeWorldOptions): Promise<ExchangeWorld> {
  const { users } = options;
  const temp = await makeTempDir();
  const stops: (() => Promise<void>)[] = [() => temp.remove()];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const certificates = await createCertificates(join(temp.path, 'tls'));
    const old = await startDovecot({
      dir: join(temp.path, 'old'),
      name: 'old',
      password: OLD_PASSWORD,
      layout: 'fs',
      maxUserIpConnections: 50,
      certificates,
      ...options.old,
    });
    stops.push(() => old.stop());
    const truth = await seedMaildirs({ server: old, users, ...options.seed });
    const exchange = await startExchange({
      dir: temp.path,
      certificates,
      users: users.map((user) => `${user}@example.test`),
      ...options.exchange,
    });
    stops.push(() => exchange.stop());
    // It ends with the rest.
    const imap = options.imap === true ? await exchange.startImap() : null;
    const oldPort = (await options.oldPort?.(old.port)) ?? old.port;
    await writeFile(join(temp.path, 'mxodus.yaml'), configText(options, { oldPort, exchange, imap }));
    const secrets = { OLD_PW: OLD_PASSWORD, M365_SECRET: exchange.secret };
    const plan = join(temp.path, 'acme.plan.json');
    const spawnCli = (...args: string[]): ChildProcess => {
      const env = { ...process.env, ...secrets, NO_COLOR: '1' };
      const child = spawn(process.execPath, [CLI, ...args], { cwd: temp.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
      // One that hangs must not outlive its test.
      stops.push(async () => void child.kill('SIGKILL'));
      return child;
    };
    const folders = (user: string): Map<string, MessageDump[]> => foldersOf(exchange, user);
    return {
      dir: temp.path,
      plan,
      old,
      exchange,
      imap,
      truth,
      secrets: Object.values(secrets),
      spawn: spawnCli,
      run: (...args) => runInProcess({ args, dir: temp.path, env: secrets }) ?? finish(spawnCli(...args)),
      folders,
      differences: () => users.flatMap((user) => differencesOf(user, truth, folders(user))),
      readOldAgain: async () => {
        for (const user of users) truth.users[user] = { folders: await readMailbox(old, user, OLD_PASSWORD) };
      },
      loseLedger: () => rm(join(temp.path, '.mxodus'), { recursive: true }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configText(
  options: ExchangeWorldOptions,
  { oldPort, exchange, imap }: { oldPort: number; exchange: Exchange365; imap: ImapFace | null },
): string {
  const { users, server = '', oldServer = '', config = '', credential = '{ secret: { env: M365_SECRET } }' } = options;
  const keys = (text: string): string => (text === '' ? '' : `, ${text}`);
  const more = keys(server) + keys(imap === null ? '' : `imap: { host: ${imap.host}, port: ${imap.port} }`);
  return `version: 1
project: acme
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${oldPort}, tls: none${keys(oldServer)} }
  m365: { kind: exchange, tenant: ${exchange.tenant}, client_id: ${exchange.clientId}, credential: ${credential},
          graph_url: "${exchange.graphUrl}", authority: "${exchange.authority}", ca: ${exchange.caFile}${more} }
mailboxes:
${users.map((user) => `  - { address: ${user}@example.test, source: old, user: ${user}, password: { env: OLD_PW } }`).join('\n')}
assign:
  - { match: "*", to: m365 }
${config}
`;
}

const SYSTEM = new Set(['mxodus-incoming', 'mxodus-probe']);

function foldersOf({ world }: Exchange365, user: string): Map<string, MessageDump[]> {
  const store = world.mailboxes.get(world.userOf(`${user}@example.test`)?.id ?? '');
  const found = new Map<string, MessageDump[]>();
  if (store === undefined) return found;
  for (const { path, wellKnownName, messages } of dumpMailbox(store).folders) {
    const name = wellKnownName === 'inbox' ? 'INBOX' : path.map((level) => level.replaceAll('/', '\uFF0F')).join('/');
    if (path.some((level) => SYSTEM.has(level)) && messages.length === 0) continue;
    if (messages.length > 0 || wellKnownName === null) found.set(name, messages);
  }
  return found;
}

const rowOf = (date: string, flags: { seen: boolean; flagged: boolean; draft: boolean }): string =>
  `${date.slice(0, 19)} ${Object.entries(flags)
    .flatMap(([name, is]) => (is ? [name] : []))
    .join(' ')}`;

/** The trees are compared by what their folders hold: names may be others there (roles, reserved names). */
function differencesOf(user: string, truth: Truth, copies: Map<string, MessageDump[]>): string[] {
  const differences: string[] = [];
  const wanted = Object.entries(truth.users[user]?.folders ?? {}).flatMap(([folder, { messages }]) =>
    messages.map(({ internalDate, flags }) => {
      const has = (flag: string): boolean => flags.includes(flag);
      return {
        folder,
        row: rowOf(internalDate, { seen: has('\\Seen'), flagged: has('\\Flagged'), draft: has('\\Draft') }),
      };
    }),
  );
  const found = [...copies].flatMap(([folder, messages]) =>
    messages.map(({ received, isRead, flag, isDraft }) => ({
      folder,
      row: rowOf(received, { seen: isRead, flagged: flag.flagStatus === 'flagged', draft: isDraft }),
    })),
  );
  const left = new Map<string, number>();
  for (const { row } of wanted) left.set(row, (left.get(row) ?? 0) + 1);
  for (const { folder, row } of found) {
    const count = left.get(row) ?? 0;
    if (count === 0) differences.push(`${user}: more than was sent: ${folder} ${row}`);
    left.set(row, count - 1);
  }
  for (const [row, count] of left) if (count > 0) differences.push(`${user}: ${count} missing: ${row}`);
  const keys = [...copies.values()].flat().flatMap(({ extended }) => extended[KEY] ?? []);
  if (new Set(keys).size !== keys.length) differences.push(`${user}: a key is there twice`);
  const sizes = (folders: Iterable<number>): string =>
    [...folders]
      .filter((size) => size > 0)
      .sort((a, b) => a - b)
      .join(' ');
  const [mine, theirs] = [
    sizes(
      Map.groupBy(wanted, ({ folder }) => folder)
        .values()
        .map((rows) => rows.length),
    ),
    sizes([...copies.values()].map((messages) => messages.length)),
  ];
  if (mine !== theirs) differences.push(`${user}: folders of ${mine} messages, copies of ${theirs}`);
  return differences;
}
