import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Arrivals,
  countArrivals,
  inMaildirs,
  type Lab,
  type LabOptions,
  type MailStream,
  type MailStreamOptions,
  makeTempDir,
  seedMaildirs,
  startLab,
} from '@mxodus/lab';
import {
  type CutoverState,
  cutoverStatusSchema,
  type JournalEntry,
  type LateMail,
  lateMailSchema,
} from '@mxodus/model';
import { readJournal } from '@mxodus/runner';
import { expect } from 'vitest';
import { type Finished, finish } from '../journey.ts';
import { runInProcess } from '../run-in-process.ts';
import { linesOf } from './lines-of.ts';

/**
 * A company in the middle of its cutover: two real mail hosts, real name servers, strangers who keep writing, and the real command line
 * with waits of seconds.
 */

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const SECRETS = { WORLD_MASTER: 'master-secret' };

export const OLD_HOST = '127.0.0.2';
export const NEW_HOST = '127.0.0.3';

export interface StreamWorldOptions {
  lab?: LabOptions;
  /** Of the domain's entry: `advised`, `records`. YAML of one line each, indented by four. */
  domain?: (lab: Lab) => string;
  /** In place of the rfc2136 provider. */
  dns?: (lab: Lab) => string;
  /** More keys of `cutover`, in flow style. */
  cutover?: (lab: Lab) => string;
  /** Of `cutover.probe`, in flow style; null: none. */
  probe?: string | null;
  /** In place of the lab's new MX host. */
  mxHost?: string;
  /** Written to wrong.key beside the config. */
  wrongKey?: string;
  /** Seeded for each user. */
  messages?: number;
  /** More at the top level of the config. */
  config?: string;
}

export type StreamWorld = Awaited<ReturnType<typeof startStreamWorld>>;

export async function startStreamWorld(options: StreamWorldOptions = {}) {
  const temp = await makeTempDir();
  const lab = await startLab({ users: ['ann', 'bob', 'carol'], mxTtl: 4, ...options.lab });
  await seedMaildirs({ server: lab.old, users: lab.users, messagesPerUser: options.messages ?? 12, seed: 5 });
  const configure = (more: Partial<StreamWorldOptions> = {}): Promise<void> =>
    writeFile(join(temp.path, 'mxodus.yaml'), configText(lab, { ...options, ...more }));
  await configure();
  if (options.wrongKey !== undefined) await writeFile(join(temp.path, 'wrong.key'), options.wrongKey);
  const plan = join(temp.path, 'acme.plan.json');
  const state = join(temp.path, '.mxodus', 'acme');
  const streams: MailStream[] = [];
  const children: ChildProcess[] = [];

  const start = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: temp.path,
      env: { ...process.env, ...SECRETS, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };
  /** In this process where that is possible: see runInProcess. */
  const run = (...args: string[]): Promise<Finished> =>
    runInProcess({ args, dir: temp.path, env: SECRETS }) ?? finish(start(...args));
  const entries = (): Promise<JournalEntry[]> => readJournal(join(state, 'cutover.ndjson'));

  return {
    lab,
    plan,
    state,
    dir: temp.path,
    start,
    run,
    /** Writes the config anew. */
    configure,
    cutover: (verb: string, ...args: string[]) => run('cutover', verb, plan, ...args),
    /** plan and the first sync. */
    prepare: async (): Promise<void> => {
      expect(await run('plan')).toMatchObject({ code: 0 });
      expect(await run('sync', plan)).toMatchObject({ code: 0 });
    },
    entries,
    status: async () => {
      const { code, stdout, stderr } = await run('cutover', 'status', plan, '--json');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      return cutoverStatusSchema.parse(JSON.parse(stdout));
    },
    lateMail: async (): Promise<LateMail[]> =>
      (await linesOf(join(state, 'late-mail.ndjson'))).map((line) => lateMailSchema.parse(JSON.parse(line))),
    /** Waits for the journal to come to a state. */
    reached: async (wanted: CutoverState): Promise<void> => {
      await expect
        .poll(async () => (await entries()).some(({ state: at }) => at === wanted), { timeout: 90_000, interval: 100 })
        .toBe(true);
    },
    begin: (stream: Partial<MailStreamOptions> = {}): MailStream => {
      const started = lab.startStream({ everyMs: 250, ...stream });
      streams.push(started);
      return started;
    },
    /** No new mail; what is queued is still delivered. */
    hush: async (): Promise<void> => {
      await Promise.all(streams.map((stream) => stream.stop(30_000)));
    },
    /** Of all that was sent: where it is, at one host or over both. */
    count: (...hosts: ('old' | 'new')[]): Promise<Arrivals & { sent: number; bounced: number }> =>
      countAt(
        hosts.map((host) => lab[host]),
        streams,
      ),
    switchedAt: async (): Promise<number> => {
      const found = (await entries()).find(
        ({ event, facts }) => event === 'accepted' && 'phase' in facts && facts.phase === 'switch',
      );
      return Date.parse(found?.time ?? 'never');
    },
    stop: async (): Promise<void> => {
      for (const child of children) child.kill('SIGKILL');
      for (const stream of streams) stream.abandon();
      await lab.stop();
      await temp.remove();
    },
  };
}

async function countAt(
  hosts: readonly Lab['old'][],
  streams: readonly MailStream[],
): Promise<Arrivals & { sent: number; bounced: number }> {
  const sent = streams.flatMap((stream) => [...stream.sent]);
  const bounced = streams.flatMap((stream) => stream.bounced).length;
  return { sent: sent.length, bounced, ...(await countArrivals(hosts.map(inMaildirs), sent)) };
}

export const rfc2136 = (lab: Lab, over: { server?: string; secretFile?: string } = {}): string =>
  `{ provider: rfc2136, server: "${over.server ?? lab.dns.primary.address}", zone: ${lab.zone}, authoritative: ["${lab.dns.authoritative.join('", "')}"],
      tsig: { name: ${lab.dns.tsig.name}, algorithm: hmac-sha256, secret: { file: ${over.secretFile ?? lab.dns.tsig.secretFile} } } }`;

function configText(lab: Lab, options: StreamWorldOptions): string {
  const master = 'auth: { method: master, user: admin, password: { env: WORLD_MASTER } }';
  const mailboxes = lab.users.map(
    (user) => `  - { address: ${user}@${lab.zone}, source: old, user: ${user}, destination: { user: ${user} } }`,
  );
  const probe =
    options.probe === null
      ? ''
      : `  probe: ${options.probe ?? `{ smtp_port: ${lab.smtpPort}, canary: true, canary_every: 2s, timeout: 5s }`}\n`;
  return `version: 1
project: acme
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${lab.old.port}, tls: none, ${master} }
  new: { kind: imap, host: 127.0.0.1, port: ${lab.new.port}, tls: none, ${master} }
mailboxes:
${mailboxes.join('\n')}
assign:
  - { match: "*", to: new }
domains:
  ${lab.zone}:
    mx: { to: new, records: [{ host: ${options.mxHost ?? lab.mx.new}, preference: 10 }] }
${options.domain?.(lab) ?? ''}    dns: ${options.dns?.(lab) ?? rfc2136(lab)}
sync: { settle: 2s }
${options.config ?? ''}
cutover:
  ttl: 2
  resolver_floor: 2s
  slack: 1s
  poll: 500ms
  resolvers: ["${lab.dns.resolver.address}"]
  drain: { every: 1s, at_least: 6s, quiet: 4s }
${probe}${options.cutover?.(lab) ?? ''}`;
}
