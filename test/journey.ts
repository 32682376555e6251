import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compareMailboxes,
  type Dovecot,
  type DovecotOptions,
  makeTempDir,
  readMailbox,
  type SeedOptions,
  seedMaildirs,
  startDovecot,
  type Truth,
  uidNexts,
} from '@mxodus/lab';
import { planSchema } from '@mxodus/model';

/** Two real Dovecots, seeded mailboxes and a config: what a journey with the real command line needs. */

const CLI = new URL('../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const OLD_PASSWORD = 'old-secret-7261';
const NEW_PASSWORD = 'new-secret-9348';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface JourneyOptions {
  users: readonly string[];
  seed: Omit<SeedOptions, 'server' | 'users'>;
  old?: Partial<DovecotOptions>;
  new?: Partial<DovecotOptions>;
  /** Added to the config at the top level. */
  config?: string;
  /** Of both servers, as the config has it: `{ connections: 20, connections_per_mailbox: 2 }`. */
  limits?: string;
  /** In place of a server's own port: a proxy of the test. */
  oldPort?: (port: number) => Promise<number>;
  newPort?: (port: number) => Promise<number>;
}

export type Journey = Awaited<ReturnType<typeof startJourney>>;

export async function startJourney(options: JourneyOptions) {
  const temp = await makeTempDir();
  const stops: (() => Promise<void>)[] = [() => temp.remove()];
  const start = async (name: 'old' | 'new', password: string, own: Partial<DovecotOptions>): Promise<Dovecot> => {
    const server = await startDovecot({ dir: join(temp.path, name), name, password, maxUserIpConnections: 50, ...own });
    stops.push(() => server.stop());
    return server;
  };
  const oldServer = await start('old', OLD_PASSWORD, { layout: 'fs', ...options.old });
  const newServer = await start('new', NEW_PASSWORD, { saveCrlf: true, ...options.new });
  const truth = await seedMaildirs({ server: oldServer, users: options.users, ...options.seed });
  const oldPort = (await options.oldPort?.(oldServer.port)) ?? oldServer.port;
  const newPort = (await options.newPort?.(newServer.port)) ?? newServer.port;
  await writeFile(join(temp.path, 'mxodus.yaml'), configText(options, { oldPort, newPort }));
  const plan = join(temp.path, 'acme.plan.json');
  const spawnCli = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: temp.path,
      env: { ...process.env, OLD_PW: OLD_PASSWORD, NEW_PW: NEW_PASSWORD, NO_COLOR: '1' },
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
    /** Runs the real command line to its end. */
    run: (...args: string[]): Promise<Finished> => finish(spawnCli(...args)),
    /** What differs at the new server, for every user, but for the names the plan says; [] when all is equal. */
    differences: async () =>
      differences({ truth, server: newServer, password: NEW_PASSWORD, renames: await plannedNames(plan) }),
    uidNexts: (user: string) => uidNexts(newServer, user, NEW_PASSWORD),
    read: (user: string) => readMailbox(newServer, user, NEW_PASSWORD),
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
  server: Dovecot;
  password: string;
  renames: Readonly<Record<string, string>>;
}

/** Source name to destination name, where the plan gives another. */
async function plannedNames(path: string): Promise<Record<string, string>> {
  const { mailboxes } = planSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const renamed = mailboxes.flatMap(({ folders }) => folders.filter((folder) => folder.source !== folder.destination));
  return Object.fromEntries(renamed.map((folder) => [folder.source, folder.destination]));
}

async function differences({ truth, server, password, renames }: Check): Promise<string[]> {
  const lines: string[] = [];
  for (const [user, { folders }] of Object.entries(truth.users)) {
    const found = await readMailbox(server, user, password);
    // Every Dovecot makes the special-use folders it is set up with; only those the source has are compared.
    const ignoreFolders = Object.keys(found).filter(
      (name) => !(name in folders) && found[name]?.messages.length === 0 && !Object.values(renames).includes(name),
    );
    lines.push(...compareMailboxes(folders, found, { renames, ignoreFolders }).map((line) => `${user} ${line}`));
  }
  return lines;
}

function configText(options: JourneyOptions, at: { oldPort: number; newPort: number }): string {
  const limits = options.limits === undefined ? '' : `, limits: ${options.limits}`;
  const mailboxes = options.users.map((user) => {
    return `  - { address: ${user}@example.test, source: old, user: ${user}, password: { env: OLD_PW }, destination: { user: ${user}, password: { env: NEW_PW } } }`;
  });
  return `version: 1
project: acme
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${at.oldPort}, tls: none${limits} }
  new: { kind: imap, host: 127.0.0.1, port: ${at.newPort}, tls: none${limits} }
mailboxes:
${mailboxes.join('\n')}
assign:
  - { match: "*", to: new }
${options.config ?? 'sync: { settle: 2s }'}
`;
}
