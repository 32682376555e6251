import { appendFile, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalNote } from '@mxodus/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal, readJournal } from './journal-file.ts';

const STARTED: JournalNote = { state: 'DRAFT', event: 'started', facts: { plan: 'abc', domains: ['example.com'] } };
const ENTERED: JournalNote = { state: 'ARMED', event: 'entered', facts: {} };
const T = Date.parse('2026-12-05T20:00:00Z');

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mxj-'));
  path = join(folder, 'acme', 'cutover.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

async function written(notes: readonly JournalNote[]): Promise<string[]> {
  const journal = await openJournal(path);
  for (const note of notes) await journal.append(note, T);
  return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
}

test('a journal that is not there is empty', async () => {
  expect(await readJournal(path)).toEqual([]);
});

test('each line carries the hash of the line before and survives reopening', async () => {
  const [first = '', second = ''] = await written([STARTED, ENTERED]);
  expect(JSON.parse(first)).toEqual({ seq: 1, time: '2026-12-05T20:00:00.000Z', ...STARTED, prev: '0'.repeat(64) });
  expect(JSON.parse(second).prev).toMatch(/^[0-9a-f]{64}$/);
  const journal = await openJournal(path);
  await journal.append(ENTERED, T);
  expect((await readJournal(path)).map(({ seq, event }) => `${seq} ${event}`)).toEqual([
    '1 started',
    '2 entered',
    '3 entered',
  ]);
});

test('a last line torn by a crash is dropped, told, and written over', async () => {
  const [, second = ''] = await written([STARTED, ENTERED]);
  for (const torn of [second, second.slice(0, 40), '{']) {
    await appendFile(path, torn);
    expect(await readJournal(path)).toHaveLength(2);
    const journal = await openJournal(path);
    expect(journal.notice).toContain('torn by a crash');
    expect((await openJournal(path)).notice).toBeNull();
  }
  await (await openJournal(path)).append(ENTERED, T);
  expect(await readJournal(path)).toHaveLength(3);
});

test.each<[string, (lines: string[]) => string[]]>([
  ['a changed line', ([a = '', ...rest]) => [a.replace('abc', 'abd'), ...rest]],
  ['a removed line', ([a = '', , c = '']) => [a, c]],
  ['a removed first line', ([, ...rest]) => rest],
  ['lines swapped', ([a = '', b = '', c = '']) => [a, c, b]],
  ['a doubled line', ([a = '', b = '', c = '']) => [a, b, b, c]],
  ['a line that is not JSON', (lines) => [...lines, 'x']],
  ['an event of another version', (lines) => [...lines, '{"event":"future"}']],
])('refuses %s', async (_case, damage) => {
  const lines = await written([STARTED, ENTERED, ENTERED]);
  await writeFile(path, `${damage(lines).join('\n')}\n`);
  const refusal = expect.objectContaining({ code: 'STATE_CORRUPT' });
  await expect(readJournal(path)).rejects.toEqual(refusal);
  await expect(openJournal(path)).rejects.toEqual(refusal);
});

test('a folder that cannot be made is said to be unwritable', async () => {
  await writeFile(join(folder, 'acme'), 'a file');
  const refusal = expect.objectContaining({ exitCode: 2 });
  await expect(openJournal(path)).rejects.toEqual(refusal);
});

test('after a line that could not be written none follows, until the file was opened again', async () => {
  const journal = await openJournal(path);
  await journal.append(STARTED, T);
  await rename(path, `${path}.away`);
  await mkdir(path);
  await expect(journal.append(ENTERED, T)).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
  await rmdir(path);
  await rename(`${path}.away`, path);
  // A part of the line may be there: what comes next would follow the wrong one.
  await appendFile(path, '{"seq":2,"ti');
  await expect(journal.append(ENTERED, T)).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
  await (await openJournal(path)).append(ENTERED, T);
  expect((await readJournal(path)).map(({ event }) => event)).toEqual(['started', 'entered']);
});
