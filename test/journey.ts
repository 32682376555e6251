import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compareMailboxes,
  type Dovecot,
  type DovecotOptions,
  type FolderMap,
  type ImapServer,
  makeTempDir,
  type Namespace,
  namespaceOf,
  readMailbox,
  type SeedOptions,
  seedMaildirs,
  signedIn,
  startDovecot,
  type Truth,
  uidNexts,
} from '@mxodus/lab';
import { planSchema } from '@mxodus/model';
import { runInProcess } from './run-in-process.ts';

/** Two real servers, seeded mailboxes and a config: what a journey with the real command line needs. */

const CLI = new URL('../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const OLD_PASSWORD = 'old-secret-7261';
const NEW_PASSWORD = 'new-secret-9348';
const SECRETS = { OLD_PW: OLD_PASSWORD, NEW_PW: NEW_PASSWORD };

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Circumstances {
  users: readonly string[];
  /** The destination user of every mailbox; default: each its own. */
  into?: string;
  /** Added to the config at the top level. */
  config?: string;
  /** Of both servers, as the config has it: `{ connections: 20, connections_per_mailbox: 2 }`. */
  limits?: string;
  /** How to sign in, as the config has it: `{ method: plain, user: admin, password: { env: NEW_PW } }`; then no mailbox has a password there. */
  auth?: { old?: string; new?: string };
  /** In place of a server's own port: a proxy of the test. */
  oldPort?: (port: number) => Promise<number>;
  newPort?: (port: number) => Promise<number>;
}

export interface JourneyOptions extends Circumstances {
  seed: Omit<SeedOptions, 'server' | 'users'>;
  /** Of users that have more, or fewer. */
  messagesOf?: Readonly<Record<string, number>>;
  old?: Partial<DovecotOptions>;
  new?: Partial<DovecotOptions>;
}

/** What a journey needs of a server, whatever its make. */
export interface JourneyServer extends ImapServer {
  port: number;
  /** Every user's password. */
  password: string;
  stop(): Promise<void>;
}

export interface JourneyStart {
  dir: string;
  name: string;
  users: readonly string[];
  password: string;
}

export interface JourneyBetween<Old extends JourneyServer, New extends JourneyServer> extends Circumstances {
  old: (at: JourneyStart) => Promise<Old>;
  new: (at: JourneyStart) => Promise<New>;
  /** Fills the old server, and says what it shows then. */
  seed: (old: Old) => Promise<Truth>;
  /** false: one of the two has no RFC 6154 roles, so they are not compared. */
  roles?: boolean;
}

export type Journey = Awaited<ReturnType<typeof startJourney>>;

/** Between two Dovecots. */
export function startJourney(options: JourneyOptions) {
  const dovecot = (own: Partial<DovecotOptions>) => {
    return ({ dir, name, password }: JourneyStart): Promise<Dovecot> =>
      startDovecot({ dir, name, password, maxUserIpConnections: 50, ...own });
  };
  return startJourneyBetween({
    ...options,
    old: dovecot({ layout: 'fs', ...options.old }),
    new: dovecot({ saveCrlf: true, ...options.new }),
    seed: async (server) => {
      const truth: Truth = { users: {} };
      for (const user of options.users) {
        const messagesPerUser = options.messagesOf?.[user] ?? options.seed.messagesPerUser;
        const seeded = await seedMaildirs({ server, users: [user], ...options.seed, messagesPerUser });
        Object.assign(truth.users, seeded.users);
      }
      return truth;
    },
  });
}

/** Between any two servers of the lab. */
export async function startJourneyBetween<Old extends JourneyServer, New extends JourneyServer>(
  options: JourneyBetween<Old, New>,
) {
  const { users, roles = true } = options;
  const temp = await makeTempDir();
  const stops: (() => Promise<void>)[] = [() => temp.remove()];
  const start = async <S extends JourneyServer>(
    starter: (at: JourneyStart) => Promise<S>,
    at: { name: string; password: string },
  ): Promise<S> => {
    const server = await starter({ dir: join(temp.path, at.name), users, ...at });
    stops.push(() => server.stop());
    return server;
  };
  const oldServer = await start(options.old, { name: 'old', password: OLD_PASSWORD });
  const newServer = await start(options.new, { name: 'new', password: NEW_PASSWORD });
  const truth = await options.seed(oldServer);
  const oldPort = (await options.oldPort?.(oldServer.port)) ?? oldServer.port;
  const newPort = (await options.newPort?.(newServer.port)) ?? newServer.port;
  await writeFile(join(temp.path, 'mxodus.yaml'), configText(options, { oldPort, newPort }));
  const plan = join(temp.path, 'acme.plan.json');
  const spawnCli = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: temp.path,
      env: { ...process.env, ...SECRETS, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // One that hangs must not outlive its test.
    stops.push(async () => void child.kill('SIGKILL'));
    return child;
  };

  return {
    dir: temp.path,
    plan,
    old: oldServer,
    new: newServer,
    truth,
    secrets: [OLD_PASSWORD, NEW_PASSWORD],
    spawn: spawnCli,
    /** Runs the real command line to its end: in this process, or in one of its own where this one is in another folder. */
    run: (...args: string[]): Promise<Finished> =>
      runInProcess({ args, dir: temp.path, env: SECRETS }) ?? finish(spawnCli(...args)),
    /** What differs at the new server, for every user, but for the names the plan says; [] when all is equal. */
    differences: async () => differences({ truth, plan, roles, old: oldServer, new: newServer }),
    uidNexts: (user: string) => uidNexts(newServer, user, NEW_PASSWORD),
    read: (user: string) => readMailbox(newServer, user, NEW_PASSWORD),
    /** What the old server shows now; differences() then compares with that. */
    readOldAgain: async (): Promise<void> => {
      for (const user of users) truth.users[user] = { folders: await readMailbox(oldServer, user, OLD_PASSWORD) };
    },
    /** What was copied is forgotten; the plan is not. */
    loseLedger: () => rm(join(temp.path, '.mxodus'), { recursive: true }),
    stop: async (): Promise<void> => {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

export async function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
}

/** The last line of a `--json` stream. */
export function summaryOf({ stdout, stderr }: Finished): Record<string, unknown> {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const parsed: unknown = JSON.parse(last === '' ? 'null' : last);
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`no summary line; stderr: ${stderr}`);
  return { ...parsed };
}

interface Check {
  truth: Truth;
  plan: string;
  roles: boolean;
  old: JourneyServer;
  new: JourneyServer;
}

/** Source name to destination name, where the plan gives another; '/' between levels, without the servers' prefixes. */
async function plannedNames(check: Check, at: { old: Namespace; new: Namespace }): Promise<Record<string, string>> {
  const { mailboxes } = planSchema.parse(JSON.parse(await readFile(check.plan, 'utf8')));
  const names = mailboxes.flatMap(({ folders }) =>
    folders.map((folder) => [readable(folder.source, at.old), readable(folder.destination, at.new)] as const),
  );
  return Object.fromEntries(names.filter(([source, destination]) => source !== destination));
}

function readable(path: string, { prefix, separator }: Namespace): string {
  return (path.startsWith(prefix) ? path.slice(prefix.length) : path).split(separator).join('/');
}

async function differences(check: Check): Promise<string[]> {
  const lines: string[] = [];
  for (const [user, { folders }] of Object.entries(check.truth.users)) {
    const namespaceAt = (server: JourneyServer): Promise<Namespace> =>
      signedIn(server, user, server.password, namespaceOf);
    const renames = await plannedNames(check, { old: await namespaceAt(check.old), new: await namespaceAt(check.new) });
    const found = await readMailbox(check.new, user, check.new.password);
    // Every Dovecot makes the special-use folders it is set up with; only those the source has are compared.
    const ignoreFolders = Object.keys(found).filter(
      (name) => !(name in folders) && found[name]?.messages.length === 0 && !Object.values(renames).includes(name),
    );
    const shown = (map: FolderMap): FolderMap => (check.roles ? map : withoutRoles(map));
    const compared = compareMailboxes(shown(folders), shown(found), { renames, ignoreFolders });
    lines.push(...compared.map((line) => `${user} ${line}`));
  }
  return lines;
}

function withoutRoles(folders: FolderMap): FolderMap {
  return Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, { ...folder, specialUse: null }]));
}

function configText(options: Circumstances, at: { oldPort: number; newPort: number }): string {
  const { limits, auth } = options;
  const server = (name: 'old' | 'new', port: number): string => {
    const own = `${limits === undefined ? '' : `, limits: ${limits}`}${auth?.[name] === undefined ? '' : `, auth: ${auth[name]}`}`;
    return `  ${name}: { kind: imap, host: 127.0.0.1, port: ${port}, tls: none${own} }`;
  };
  const secret = (name: 'old' | 'new'): string =>
    auth?.[name] === undefined ? `, password: { env: ${name.toUpperCase()}_PW }` : '';
  const mailboxes = options.users.map((user) => {
    const destination = `{ user: ${options.into ?? user}${secret('new')} }`;
    return `  - { address: ${user}@example.test, source: old, user: ${user}${secret('old')}, destination: ${destination} }`;
  });
  return `version: 1
project: acme
servers:
${server('old', at.oldPort)}
${server('new', at.newPort)}
mailboxes:
${mailboxes.join('\n')}
assign:
  - { match: "*", to: new }
${options.config ?? 'sync: { settle: 2s }'}
`;
}
