import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stored } from '../contract/rows.ts';
import { openSqliteLedger, readSqliteLedger } from '../sqlite/sqlite-ledger.ts';
import { exportSqliteLedger, importSqliteLedger } from '../sqlite/transfer.ts';
import { ANN, fill } from './filled-ledger.test.support.ts';

let folder = '';
let path = '';
let other = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mxodus-transfer-'));
  path = join(folder, 'ledger.db');
  other = join(folder, 'other.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function filled(): Promise<string[]> {
  const ledger = await openSqliteLedger(path);
  await fill(ledger);
  await ledger.close();
  return exported(path);
}

async function exported(from: string): Promise<string[]> {
  const lines = await exportSqliteLedger(from);
  return lines === null ? [] : Array.fromAsync(lines);
}

async function* given(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe('an export', () => {
  it('brings everything over, and another export of that is the same', async () => {
    const lines = await filled();
    const counts = await importSqliteLedger(other, given(lines));
    expect(counts).toEqual({
      ...{ mailboxes: 2, passes: 1, folders: 2, messages: 7, alterations: 6, traffic: 6, item_folders: 1, items: 3 },
    });
    expect(await exported(other)).toEqual(lines);
    const [before, after] = [await readSqliteLedger(path), await readSqliteLedger(other)];
    expect(await after?.counts()).toEqual(await before?.counts());
    expect(await after?.folders()).toEqual(await before?.folders());
    await before?.close();
    await after?.close();
    const ledger = await openSqliteLedger(other);
    expect(await ledger.openMailbox(ANN)).toBe(1);
    expect(await ledger.openMailbox({ ...ANN, address: 'new@example.com' })).toBe(3);
    await ledger.close();
  });

  it('is of one moment, whatever is written while it is read', async () => {
    const ledger = await openSqliteLedger(path);
    await fill(ledger);
    const before = await exported(path);
    const lines: string[] = [];
    for await (const line of (await exportSqliteLedger(path)) ?? []) {
      if (lines.length === 0) await ledger.settle(1, 1, [stored(2)]);
      lines.push(line);
    }
    expect(lines).toEqual(before);
    await ledger.close();
    expect(await exported(path)).not.toEqual(before);
  });

  it('of a ledger that is not there is none', async () => {
    expect(await exportSqliteLedger(path)).toBeNull();
  });
});

describe('an import', () => {
  const cut = (at: number) => (lines: string[]) => lines.slice(0, at);
  const broken: [string, (lines: string[]) => string[]][] = [
    ['nothing', () => []],
    ['another file', () => ['{"name":"songs"}']],
    ['one without its end', cut(-1)],
    ['one that is cut off in a row', (lines) => [...lines.slice(0, 20), lines[20]?.slice(0, 5) ?? '']],
    ['one without a row', (lines) => lines.toSpliced(2, 1)],
    ['one with another flag', (lines) => lines.map((line) => line.replace('Seen', 'Sean'))],
    ['one with a row twice', (lines) => lines.toSpliced(-1, 0, lines.at(-2) ?? '')],
    ['one with something after its end', (lines) => [...lines, lines.at(-1) ?? '']],
    ['one without a table', (lines) => lines.filter((line) => !line.includes('"traffic"'))],
    ['one with text for a number', (lines) => lines.map((line) => line.replace('[1,"ann', '["1","ann'))],
    ['one of another schema', (lines) => lines.map((line) => line.replace('"schema":3', '"schema":4'))],
  ];
  it.each(broken)('of %s is refused, and nothing was imported', async (_, breakIt) => {
    const lines = await filled();
    await expect(importSqliteLedger(other, given(breakIt(lines)))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
    const ledger = await openSqliteLedger(other);
    expect(await ledger.folders()).toEqual([]);
    await ledger.close();
    await importSqliteLedger(other, given(lines));
    expect(await exported(other)).toEqual(lines);
  });

  it('leaves a ledger that knows mailboxes as it is', async () => {
    const lines = await filled();
    await expect(importSqliteLedger(path, given(lines))).rejects.toMatchObject({ code: 'LEDGER_NOT_EMPTY' });
    expect(await exported(path)).toEqual(lines);
  });

  it('replaces what was spent and numbered before there were mailboxes', async () => {
    const lines = await filled();
    const ledger = await openSqliteLedger(other);
    await ledger.traffic.add({ server: 'a', user: 'ann' }, '2026-11-22', 5);
    await ledger.items.uidsFor((await ledger.items.folder('m365 ann', 'inbox')).id, ['z']);
    await ledger.close();
    await importSqliteLedger(other, given(lines));
    expect(await exported(other)).toEqual(lines);
  });
});
