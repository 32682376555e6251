import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteLedger } from '../sqlite-ledger.ts';
import { MOVED_BY } from './list-moved-by.ts';

it('goes through no table from end to end: a drain asks it every minute', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mxodus-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'ledger.db');
  await (await openSqliteLedger(path)).close();
  const db = new DatabaseSync(path);
  const steps = db
    .prepare(`explain query plan ${MOVED_BY}`)
    .all('', '[]')
    .map(({ detail }) => String(detail));
  db.close();
  expect(steps.filter((step) => /^SCAN (messages|passes|folders)/.test(step))).toEqual([]);
  const messages = steps.filter((step) => step.startsWith('SEARCH messages'));
  expect(messages).toHaveLength(2);
  for (const step of messages) expect(step).toMatch(/USING PRIMARY KEY \(folder_id=\?/);
});
