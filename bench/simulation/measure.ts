import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Simulation, simulate, type World, worldOfPlan } from '@mxodus/engine';
import { type Dovecot, seedMaildirs } from '@mxodus/lab';
import { configSchema } from '@mxodus/model';
import { readPlan } from '@mxodus/runner';
import { z } from 'zod';
import { startDelay } from '../delay/start-delay.ts';
import { quietDisk } from '../measure/quiet-disk.ts';
import type { Scenario } from './scenarios.ts';

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;

export interface Compared {
  messages: number;
  bytes: number;
  predicted: Simulation;
  measuredSeconds: number;
}

const summary = z.object({ exit_code: z.literal(0), source_messages: z.int(), duration_ms: z.number() });

/** Copies for real, by one process, and lets the same plan be simulated on a machine that everything shares. */
export async function compare(
  scenario: Scenario,
  { dir, old, fresh }: { dir: string; old: Dovecot; fresh: Dovecot },
): Promise<Compared> {
  const prefix = dir.split('/').at(-1) ?? '';
  const users = Array.from({ length: scenario.mailboxes }, (_, index) => `${prefix}-${index}`);
  await seedMaildirs({
    server: old,
    users,
    messagesPerUser: scenario.messages,
    seed: 17,
    medianBytes: 4100,
    largestBytes: 900_000,
    folders: 4,
    hostile: false,
  });
  const delay = scenario.roundTripMs === 0 ? null : await startDelay([old.port, fresh.port], scenario.roundTripMs);
  try {
    const [from = old.port, to = fresh.port] = delay?.ports ?? [];
    const written = configOf(scenario, { users, from, to });
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'mxodus.yaml'), JSON.stringify(written));
    const run = (...args: string[]) => runJson(dir, args, { OLD_PW: old.password, NEW_PW: fresh.password });
    await run('plan');
    await quietDisk();
    const plan = await readPlan(join(dir, 'bench.plan.json'));
    const { source_messages: messages, duration_ms: ms } = summary.parse(await run('sync', 'bench.plan.json'));
    const world = onOneMachine(worldOfPlan(plan, configSchema.parse(written), null), scenario.roundTripMs / 1000);
    const bytes = plan.mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
    return { messages, bytes, predicted: simulate(world), measuredSeconds: ms / 1000 };
  } finally {
    await delay?.stop();
  }
}

const onOneMachine = (world: World, roundTrip: number): World => ({
  ...world,
  servers: world.servers.map((server) => ({ ...server, roundTrip })),
  fleet: { ...world.fleet, sharedCores: availableParallelism() },
});

/** JSON is YAML. */
function configOf(
  { limits }: Scenario,
  { users, from, to }: { users: readonly string[]; from: number; to: number },
): object {
  const { bytes_per_second, ...connections } = limits;
  const server = (port: number) => ({ kind: 'imap', host: '127.0.0.1', port, tls: 'none' });
  return {
    version: 1,
    project: 'bench',
    servers: { old: { ...server(from), limits }, new: { ...server(to), limits: connections } },
    mailboxes: users.map((user) => ({
      ...{ address: `${user}@example.test`, source: 'old', user, password: { env: 'OLD_PW' } },
      destination: { user, password: { env: 'NEW_PW' } },
    })),
    assign: [{ match: '*', to: 'new' }],
  };
}

/** The summary of a command. */
async function runJson(cwd: string, args: readonly string[], secrets: Record<string, string>): Promise<unknown> {
  const child = spawn(CLI, [...args, '--json'], {
    cwd,
    env: { ...process.env, ...secrets },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let [out, words] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out = `${out}${chunk.toString()}`.slice(-20_000)));
  child.stderr.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2000)));
  const [code] = await closed;
  if (code !== 0) throw new Error(`mxodus ${args.join(' ')} ended with ${code}:\n${out.slice(-2000)}\n${words}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '');
}
