import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDir, type TempDir } from '@mxodus/lab';
import { configSchema, type Plan } from '@mxodus/model';
import { hashPlan } from '@mxodus/runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capturedTerminal } from '../output/captured-terminal.ts';
import { makeStyle } from '../output/style.ts';
import { planOf } from '../views/sample-plan.ts';
import { simulationSchema } from '../views/simulation-json.ts';
import { runCli } from './run-cli.ts';
import { simulatePlan } from './simulate-plan.ts';

const configWith = (limits: object, queue: object = { kind: 'inline' }) => ({
  version: 1,
  project: 'acme',
  servers: {
    old: { kind: 'imap', host: 'imap.old.example', limits },
    new: { kind: 'imap', host: 'imap.new.example' },
    m365: { kind: 'exchange', tenant: 't', client_id: 'c', credential: { secret: { env: 'PW' } } },
  },
  mailboxes: [
    { address: 'ann@example.com', source: 'old', password: { env: 'PW' }, destination: { password: { env: 'PW' } } },
  ],
  assign: [{ match: '*', to: 'new' }],
  ledger: { kind: 'postgres', url: { env: 'PW' } },
  queue,
});

const FLEET = { kind: 'bullmq', redis: { env: 'PW' } };

const PEOPLE = Array.from({ length: 40 }, (_, index) => `u${index}@example.com`);

const quick = (plan: Plan): Plan => ({
  ...plan,
  mailboxes: plan.mailboxes.map((mailbox) => ({ ...mailbox, destination_capabilities: ['LITERAL+', 'MULTIAPPEND'] })),
});

function simulated(plan: Plan, config: object, workers: number | null = null) {
  const { text, json } = simulatePlan({ plan, config: configSchema.parse(config), workers }, makeStyle(false));
  return { lines: text.split('\n'), json: simulationSchema.parse(json) };
}

describe('a simulated plan', () => {
  it('says when all is done, what decides that and what to change', () => {
    const { lines, json } = simulated(quick(planOf(PEOPLE, 20_000)), configWith({ connections: 1 }));
    expect(lines[0]).toMatch(/^Simulated, the first copy by one process: \d+ min \d\d s$/);
    expect(lines[1]).toMatch(/^ {2}of 40 mailboxes {2}half are done after \d+ min \d\d s, 90% after .*, 99% after /);
    expect(lines[2]).toMatch(/^ {2}what decides +connections to "old"$/);
    expect(lines[3]).toMatch(/^ {2}to change it +raise `limits.connections` of "old", if the server can take it$/);
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}connections to "old" +[\d.]+ h +\d+%$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}workers that pay: 1\. .* They need `queue: \{ kind: bullmq \}`\.$/),
    );
    expect(json).toMatchObject({ workers: 1, fleet: false, limit: 'connections', server: 'old', places_use: null });
    expect(json.half_done_seconds).toBeLessThan(json.makespan_seconds);
    expect(json.held_up[0]).toMatchObject({ limit: 'connections', server: 'old' });
  });

  it('says what is documented, measured and assumed', () => {
    const { json } = simulated(planOf(PEOPLE, 10), configWith({}, FLEET), 3);
    expect(new Set(json.rests_on.map(({ from }) => from))).toEqual(new Set(['config', 'measured', 'assumed']));
    expect(json.rests_on.map(({ text }) => text)).toContain('40 ms there and back to "old" and "new"');
    expect(json).toMatchObject({ workers: 3, fleet: true });
  });

  it("does not tell people to raise what is Microsoft's", () => {
    const plan = planOf(['ann@example.com'], 200_000);
    const into = plan.mailboxes.map((mailbox) => ({
      ...mailbox,
      destination: { ...mailbox.destination, server: 'm365' },
    }));
    const { lines, json } = simulated({ ...plan, mailboxes: into }, configWith({}));
    expect(json).toMatchObject({ limit: 'requests', server: 'm365', workers_that_pay: { workers: 1, next_gain: 0 } });
    expect(lines[3]).toContain('it is Microsoft’s own limit: spread the copy over more days');
    expect(json.rests_on.map(({ from }) => from)).toContain('documented');
  });

  it('with nothing to move says so', () => {
    expect(simulated(planOf([], 0), configWith({})).lines).toEqual(['Simulated: there is nothing to move.']);
  });
});

describe('plan --simulate', () => {
  let temp: TempDir;
  beforeEach(async () => {
    temp = await makeTempDir();
  });
  afterEach(() => temp.remove());

  async function mxodus(...args: string[]) {
    const terminal = capturedTerminal({ env: { ...process.env, NO_COLOR: '1' } });
    const signal = new AbortController().signal;
    const onOutput = () => undefined;
    const code = await runCli(args, { terminal, signal, now: () => new Date(), version: '0.1.0', onOutput });
    return { code, ...terminal.text };
  }

  it('of a plan made before asks no server and writes nothing', async () => {
    const { sha256: _, ...body } = planOf(PEOPLE, 500);
    const path = join(temp.path, 'acme.plan.json');
    await writeFile(path, JSON.stringify({ ...body, sha256: hashPlan(body) }));
    const { ledger: __, ...config } = configWith({});
    await writeFile(join(temp.path, 'mxodus.yaml'), JSON.stringify(config));
    const { code, stdout } = await mxodus('plan', '--simulate', path, '--workers', '2', '--json');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({ command: 'plan', mailboxes: 40, source_messages: 20_000 });
    expect(simulationSchema.parse(summary.simulation)).toMatchObject({ workers: 2, fleet: true });
    expect(await readdir(temp.path)).toEqual(['acme.plan.json', 'mxodus.yaml']);
    const shown = await mxodus('plan', '--simulate', path);
    expect(shown.stdout).toContain('Simulated, the first copy by one process');
    expect(shown.stdout).toContain(`Next:  mxodus sync ${path}`);
  });

  it.each([
    [['plan', 'acme.plan.json'], 'a plan made before is for --simulate only'],
    [['plan', '--workers', '3'], '--workers is for --simulate only'],
    [['plan', '--simulate', 'acme.plan.json', '-o', 'x.json'], 'a plan made before is not written again'],
    [['plan', '--simulate', '--workers', '0'], 'whole number'],
  ])('%j is refused', async (args, words) => {
    const { code, stderr } = await mxodus(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});
