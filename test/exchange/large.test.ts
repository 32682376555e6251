import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { GraphFault } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type Finished, summaryOf } from '../journey.ts';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { plain, store, withAttachment } from './source-mail.ts';

/** Messages that need an upload session: 4.4 MB, so 6 MB of MIME, in two ranges. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const BYTES = 4_400_000;

async function start(users: readonly string[]): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users,
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    oldServer: 'limits: { connections: 40, connections_per_mailbox: 2 }',
    server: 'timeout: 5s',
    config: 'sync: { settle: 600ms }',
  });
  const large = withAttachment('large', BYTES);
  for (const user of users) await store(world.old, user, [{ raw: plain('small') }, { raw: large }]);
  await world.readOldAgain();
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  return world;
}

/** No message is there half, or twice; nothing waits where messages are put together. */
function wrong(at: ExchangeWorld, users: readonly string[]): string[] {
  const halves = users.flatMap((user) => {
    const large = [...at.folders(user).values()].flat().filter(({ subject }) => subject === 'large');
    const sizes = large.map(({ attachments }) => attachments.map(({ size }) => size).join());
    return sizes.join(' ') === String(BYTES) ? [] : [`${user}: attachments of ${sizes.join(' and ')} bytes`];
  });
  const staged = users.flatMap((user) => (at.folders(user).has('mxodus-incoming') ? [`${user}: left in staging`] : []));
  return [...at.differences(), ...halves, ...staged];
}

/** `{ }`: the requests one large message takes, in their order. */
const STEPS: Readonly<Record<string, { method: string; path: string }>> = {
  'staging folder': { method: 'POST', path: '/mailFolders$' },
  create: { method: 'POST', path: '/messages$' },
  session: { method: 'POST', path: '/createUploadSession$' },
  'first range': { method: 'PUT', path: '/AttachmentSessions' },
  count: { method: 'GET', path: '/attachments' },
  move: { method: 'POST', path: '/move$' },
};

const LATE: Pick<GraphFault, 'after'> = { after: { status: 504, code: 'UnknownError' } };

const ROWS: readonly (readonly [step: string, fault: Pick<GraphFault, 'before' | 'after' | 'nth'>])[] = [
  ...Object.keys(STEPS).map((step) => [step, { after: 'reset' }] as const),
  ...['create', 'session', 'move'].map((step) => [step, LATE] as const),
  ...['create', 'first range', 'move'].map((step) => [step, { before: 'reset' }] as const),
  ['first range', { before: 'reset', nth: 2 }],
];

/** What a crash leaves behind that differs: nothing whole, half of it, all of it but the move. */
const CRASHES = ['create', 'first range', 'count'];

it('proof 7: a fault at each step of a large message, and it arrives whole, once', async () => {
  const users = ROWS.map((_, at) => `u${at + 1}`);
  const at = await start(users);
  for (const [row, [step, fault]] of ROWS.entries()) {
    const { method, path } = STEPS[step] ?? { method: '', path: '' };
    const user = at.exchange.world.userOf(`u${row + 1}@example.test`);
    const named = new RegExp(`(/users/u${row + 1}(@|%40)[^/]+|${user?.id ?? ''}).*${path}`, 'i');
    at.exchange.faults.add({ method, path: named, ...fault });
  }
  const first = await at.run('sync', at.plan, '--json');
  expect(at.exchange.faults.all.filter(({ struck }) => struck === 0)).toEqual([]);
  if (first.code !== 0) expect(await at.run('sync', at.plan, '--json')).toMatchObject({ code: 0 });
  expect(wrong(at, users)).toEqual([]);
  const last = summaryOf(await at.run('sync', at.plan, '--json'));
  expect(last).toMatchObject({ exit_code: 0, destination_writes: 0 });
  const uploads = at.exchange.journal.filter(({ host }) => host === 'preauthenticated');
  expect(uploads.length).toBeGreaterThanOrEqual(2 * users.length);
  expect(uploads.filter(({ authorization }) => authorization)).toEqual([]);
  expect(Math.max(...users.map((user) => at.exchange.highWater(`${user}@example.test`)))).toBeLessThanOrEqual(4);
});

it('proof 7: killed in the middle of a large message: it arrives whole, once', async () => {
  const at = await start(['ann']);
  for (const step of CRASHES) {
    const { method, path } = STEPS[step] ?? { method: '', path: '' };
    at.exchange.world.mailboxes.clear();
    await at.loseLedger().catch(() => undefined);
    const child = at.spawn('sync', at.plan, '--json');
    child.stdout?.resume();
    const named = new RegExp(path);
    let met = 0;
    const unhook = at.exchange.onRequest((entry, when) => {
      // The small message is created, too: the large one comes first in staging.
      if (when === 'before' || entry.method !== method || !named.test(entry.path)) return;
      met += 1;
      if (met === (step === 'create' ? 2 : 1)) child.kill('SIGKILL');
    });
    await once(child, 'close');
    unhook();
    expect([step, met > 0]).toEqual([step, true]);
    expect([step, (await at.run('sync', at.plan, '--json')).code]).toEqual([step, 0]);
    expect([step, ...wrong(at, ['ann'])]).toEqual([step]);
  }
});

it('proof 6: no token, secret or upload address is in any file of the project, or told', async () => {
  const at = await start(['ann']);
  const { faults, preauthenticatedOrigin } = at.exchange;
  faults.add({ method: 'PUT', nth: 1, before: 'reset' });
  faults.add({
    method: 'PUT',
    nth: 2,
    before: { status: 400, code: 'X', message: `see ${preauthenticatedOrigin}/api` },
  });
  faults.add({
    method: 'POST',
    path: /messages$/,
    before: { status: 403, code: 'ErrorAccessDenied', message: at.exchange.token() },
  });
  const told: Finished[] = [];
  for (const args of [
    ['sync', at.plan],
    ['sync', at.plan],
    ['sync', at.plan, '--json'],
    ['report', at.plan, '--json'],
    ['check'],
    ['status', at.plan],
  ]) {
    told.push(await at.run(...args));
  }
  const texts = new Map([['output', told.map(({ stdout, stderr }) => stdout + stderr).join('\n')]]);
  for (const entry of await readdir(at.dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(at.dir, path);
    // The other server's own files, and the lab's keys.
    if (!entry.isFile() || /^(old|tls)\//.test(name)) continue;
    texts.set(name, await readFile(path, 'latin1'));
  }
  expect([...texts.keys()].some((name) => name.includes('ledger'))).toBe(true);
  const secrets = [
    /eyJ[\w-]{20,}/,
    /authtoken=[\w%-]{6,}/i,
    /AttachmentSessions\(/,
    ...at.secrets.map((one) => new RegExp(RegExp.escape(one))),
  ];
  const leaks = [...texts].flatMap(([name, text]) =>
    secrets.flatMap((secret) => {
      const found = secret.exec(text)?.[0];
      return found === undefined ? [] : [`${name}: ${found.slice(0, 12)}`];
    }),
  );
  expect(leaks).toEqual([]);
  expect(wrong(at, ['ann'])).toEqual([]);
});
