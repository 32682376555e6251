import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@mxodus/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';

let postgres: PostgresServer;
let journey: Journey;

beforeAll(async () => {
  postgres = await startPostgres();
  journey = await startJourney({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 60, seed: 6, medianBytes: 1500, hostile: false, folders: 3 },
    config: 'sync: { settle: 2s }\nledger: { kind: postgres, url: { file: ./postgres.url } }',
  });
  await writeFile(join(journey.dir, 'postgres.url'), postgres.url, { mode: 0o600 });
});
afterAll(async () => {
  await journey?.stop();
  await postgres?.stop();
});

it('is the memory of every command of one process, too', async () => {
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const dry = summaryOf(await journey.run('sync', journey.plan, '--dry-run', '--json'));
  expect(dry).toMatchObject({ exit_code: 0, dry_run: true, destination_writes: 0 });
  const first = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(first).toMatchObject({ exit_code: 0 });
  expect(await journey.differences()).toEqual([]);
  const again = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0 });
  expect(summaryOf(await journey.run('verify', journey.plan, '--json'))).toMatchObject({
    exit_code: 0,
    differences: 0,
  });
  const status = await journey.run('status', journey.plan);
  expect(status.stdout).toContain('in step');
  expect(status.stdout).not.toContain('running');
  expect(await journey.run('report', journey.plan)).toMatchObject({ code: 0 });
});

it('is taken to SQLite and back, and knows what it knew', async () => {
  const text = await readFile(join(journey.dir, 'mxodus.yaml'), 'utf8');
  const sqlite = text.replace(/^ledger:.*$/m, '');
  await writeFile(join(journey.dir, 'sqlite.yaml'), sqlite);
  const file = join(journey.dir, 'taken.ndjson');
  expect((await journey.run('ledger', 'export', journey.plan, '-o', journey.plan)).stderr).toContain(
    'no export of a ledger',
  );
  expect(await journey.run('ledger', 'export', journey.plan, '-o', file)).toMatchObject({ code: 0 });
  const into = await journey.run('ledger', 'import', '-c', 'sqlite.yaml', file);
  expect(into).toMatchObject({ code: 0, stdout: expect.stringContaining('120 messages') });
  expect(await journey.run('ledger', 'import', '-c', 'sqlite.yaml', file)).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('LEDGER_NOT_EMPTY') },
  });
  const plan = join(journey.dir, 'sqlite.plan.json');
  expect(await journey.run('plan', '-c', 'sqlite.yaml', '-o', plan)).toMatchObject({ code: 0 });
  const synced = summaryOf(await journey.run('sync', '-c', 'sqlite.yaml', plan, '--json'));
  expect(synced).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_before: 120 } });
  const back = await config(text.replace('project: acme', 'project: beta'));
  expect(await journey.run('ledger', 'export', '-c', 'sqlite.yaml', '-o', file)).toMatchObject({ code: 0 });
  expect(await journey.run('ledger', 'import', '-c', back, await cutOff(file))).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('EXPORT_INVALID') },
  });
  expect(await journey.run('ledger', 'import', '-c', back, file)).toMatchObject({ code: 0 });
  expect(await journey.run('ledger', 'import', '-c', back, join(journey.dir, 'nowhere'))).toMatchObject({ code: 2 });
});

async function config(text: string): Promise<string> {
  await writeFile(join(journey.dir, 'other.yaml'), text);
  return 'other.yaml';
}

/** The same export without its last line. */
async function cutOff(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await writeFile(`${file}.cut`, `${lines.slice(0, -1).join('\n')}\n`);
  return `${file}.cut`;
}
