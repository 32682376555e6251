import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type Plan, type PlanMailbox } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assertGround, assertPlanFresh } from './assert-plan-fresh.ts';
import { hashPlan } from './hash-plan.ts';
import { readPlan, writePlan } from './plan-file.ts';
import { planServers } from './plan-servers.ts';

const mailbox: PlanMailbox = {
  address: 'ann@example.com',
  source: { server: 'old', user: 'ann' },
  destination: { server: 'new', user: 'ann', address: 'ann@example.com' },
  messages: 1,
  bytes: 10,
  folders: [],
  largest: [],
  too_large: [],
  refused_keywords: [],
  source_quota: null,
  destination_quota: null,
  destination_bytes_after: 10,
  fits: true,
  destination_messages: 0,
  destination_capabilities: ['UIDPLUS'],
  append_limit: null,
  warnings: [],
};

function plan(over: Partial<Plan> = {}): Plan {
  const body: Omit<Plan, 'sha256'> = {
    v: 1,
    type: 'plan',
    project: 'acme',
    created_at: '2026-11-22T12:00:00.000Z',
    mxodus: '0.1.0',
    config_sha256: 'c'.repeat(64),
    servers: { old: { kind: 'imap', host: 'h', port: 993, tls: 'implicit' } },
    mailboxes: [mailbox],
    rules: { deletes: 'keep', newest_first: true, exclude: [], map: {} },
    domains: [],
    warnings: [],
    ...over,
  };
  return { ...body, sha256: hashPlan(body) };
}

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mxodus-plan-'));
  path = join(dir, 'acme.plan.json');
});

afterEach(() => rm(dir, { recursive: true }));

describe('a plan file', () => {
  test('is read as it was written', async () => {
    await writePlan(path, plan(), { replace: false });
    expect(await readPlan(path)).toEqual(plan());
  });

  test('leaves nothing else behind', async () => {
    await writePlan(path, plan(), { replace: false });
    expect(await readdir(dir)).toEqual(['acme.plan.json']);
  });

  test('does not mind how its JSON is laid out', async () => {
    const { sha256, ...rest } = plan();
    await writeFile(path, JSON.stringify({ sha256, ...rest }));
    expect((await readPlan(path)).sha256).toBe(sha256);
  });

  test('takes the place of an earlier one of the same project', async () => {
    await writePlan(path, plan(), { replace: false });
    const other = plan({ created_at: '2026-11-23T12:00:00.000Z' });
    expect(await writePlan(path, other, { replace: false })).toBe('replaced');
    expect(await readPlan(path)).toEqual(other);
  });

  test.each([
    ['a config', 'version: 1\n'],
    ['some JSON', '{"type":"plan"}'],
    ['a plan of another project', JSON.stringify(plan({ project: 'beta' }))],
    ['an empty file', ''],
  ])('does not take the place of %s unless that is wanted', async (_name, text) => {
    await writeFile(path, text);
    await expect(writePlan(path, plan(), { replace: false })).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await writePlan(path, plan(), { replace: true })).toBe('replaced');
    expect(await readPlan(path)).toEqual(plan());
  });

  test.each([
    ['in a folder that is not there', 'none/x.plan.json', 'there is no such folder'],
    ['where a folder is', 'folder', 'the system says EISDIR'],
  ])('is not written %s', async (_name, name, why) => {
    await mkdir(join(dir, 'folder'));
    const error = await writePlan(join(dir, name), plan(), { replace: true }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'USAGE', exitCode: 2, why });
    expect(await readdir(dir)).toEqual(['folder']);
  });
});

describe('what is no plan', () => {
  test.each<[string, string, string]>([
    ['not JSON', '{ hello', 'it is not JSON'],
    ['empty', '', 'it is not JSON'],
    [
      'another thing',
      '{"v":1}',
      'it does not have the form of a plan (at type); another version of mxodus may have made it',
    ],
    [
      'of another version',
      JSON.stringify({ ...plan(), v: 2 }),
      'it does not have the form of a plan (at v); another version of mxodus may have made it',
    ],
    [
      'with a key nobody knows',
      JSON.stringify({ ...plan(), x: 1 }),
      'it does not have the form of a plan; another version of mxodus may have made it',
    ],
  ])('is refused: %s', async (_name, text, why) => {
    await writeFile(path, text);
    await expect(readPlan(path)).rejects.toMatchObject({ code: 'PLAN_INVALID', exitCode: 2, where: path, why });
  });

  test('is told when there is nothing', async () => {
    await expect(readPlan(path)).rejects.toMatchObject({ code: 'PLAN_NOT_FOUND', why: 'there is no such file' });
    await expect(readPlan(dir)).rejects.toMatchObject({ code: 'PLAN_NOT_FOUND', why: 'the system says EISDIR' });
  });

  test.each([
    ['a decision', '"messages": 1', '"messages": 2'],
    ['the config it is of', 'cccc', 'dddd'],
    ['its own hash', plan().sha256, 'e'.repeat(64)],
  ])('is refused when %s was edited', async (_name, from, to) => {
    await writePlan(path, plan(), { replace: false });
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    await expect(readPlan(path)).rejects.toMatchObject({ code: 'PLAN_EDITED', exitCode: 2, where: path });
  });
});

describe('a plan is stale', () => {
  const loaded = { config: { project: 'acme' }, sha256: 'c'.repeat(64) };

  test('not while its config is the same', () => expect(() => assertPlanFresh(plan(), loaded)).not.toThrow());

  test.each([
    [
      'when the config changed',
      { ...loaded, sha256: 'd'.repeat(64) },
      'the config has changed since the plan was made',
    ],
    [
      'when it is of another project',
      { ...loaded, config: { project: 'beta' } },
      'the plan is of project "acme", the config of project "beta"',
    ],
  ])('%s', (_name, config, what) => {
    expect(() => assertPlanFresh(plan(), config)).toThrow(
      expect.objectContaining({ code: 'PLAN_STALE', exitCode: 6, what }),
    );
  });

  test('when the destination lost what it counts on', () => {
    const facts = { capabilities: ['IMAP4REV1'], appendLimit: null };
    expect(() => assertGround(mailbox, facts, null)).toThrow(
      expect.objectContaining({
        code: 'PLAN_STALE',
        exitCode: 6,
        where: 'ann@example.com',
        what: 'server "new" no longer offers UIDPLUS',
      }),
    );
    expect(() => assertGround(mailbox, { ...facts, capabilities: ['UIDPLUS'] }, null)).not.toThrow();
  });
});

test('the servers of a plan have the port their TLS implies', () => {
  const config = configSchema.shape.servers.parse({
    a: { kind: 'imap', host: 'a' },
    b: { kind: 'imap', host: 'b', tls: 'starttls' },
    c: {
      kind: 'imap',
      host: 'c',
      port: 1143,
      tls: 'none',
      auth: { method: 'master', user: 'm', password: { env: 'M' } },
    },
    d: { kind: 'exchange', tenant: 't', client_id: 'c', credential: { secret: { env: 'S' } } },
  });
  expect(planServers({ servers: config })).toEqual({
    a: { kind: 'imap', host: 'a', port: 993, tls: 'implicit' },
    b: { kind: 'imap', host: 'b', port: 143, tls: 'starttls' },
    c: { kind: 'imap', host: 'c', port: 1143, tls: 'none' },
    d: { kind: 'exchange', tenant: 't', graph_url: 'https://graph.microsoft.com', writer: 'auto' },
  });
});
