import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempDir } from '@mxodus/lab';
import { expect, it } from 'vitest';
import { longestLine } from './long-line.ts';

it.each([
  ['', 0],
  ['ab\nabc\na', 3],
  ['a\nabcd', 4],
  [`a\n${'x'.repeat(200_000)}\nb\n`, 200_000],
])('the longest line is found, in memory and over the chunks of a file (%#)', async (text, bytes) => {
  expect(await longestLine({ kind: 'memory', bytes: Buffer.from(text) })).toBe(bytes);
  await withTempDir(async (dir) => {
    const path = join(dir, 'message.eml');
    await writeFile(path, text);
    expect(await longestLine({ kind: 'file', path, size: text.length })).toBe(bytes);
  });
});
