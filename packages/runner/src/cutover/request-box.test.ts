import { randomUUID } from 'node:crypto';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leaveRequest, requestBox } from './request-box.ts';

const newFolder = () => join(tmpdir(), `mx-requests-${randomUUID()}`);
const hold = { kind: 'hold', by: 'ann', why: 'the boss is on a call' } as const;

test('requests are taken in the order they were left, and are gone when they are done', async () => {
  const folder = newFolder();
  const box = requestBox(folder);
  expect(await box.waiting()).toEqual([]);
  await leaveRequest(folder, { request: { kind: 'release', by: 'ann' }, now: 20_000_000 });
  await leaveRequest(folder, { request: hold, now: 9_000_000 });
  const [first, second] = await box.waiting();
  expect([first?.request, second?.request]).toEqual([hold, { kind: 'release', by: 'ann' }]);
  await box.done(first?.id ?? '');
  expect((await box.waiting()).map(({ request }) => request.kind)).toEqual(['release']);
  expect(await readdir(folder)).toHaveLength(1);
});

test('a request that is not whole yet is not seen; one that is not ours is an error that names the file', async () => {
  const folder = newFolder();
  await mkdir(folder);
  await writeFile(join(folder, '1.json.draft'), '{"kind":');
  expect(await requestBox(folder).waiting()).toEqual([]);
  await writeFile(join(folder, '2.json'), '{"kind":"explode"}');
  await expect(requestBox(folder).waiting()).rejects.toMatchObject({
    code: 'STATE_CORRUPT',
    where: join(folder, '2.json'),
  });
});

test('a request that is gone between the list and the look was taken by the run', async () => {
  const folder = newFolder();
  await mkdir(folder);
  await symlink(join(folder, 'gone'), join(folder, '1.json'));
  expect(await requestBox(folder).waiting()).toEqual([]);
});
