import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  answer,
  defineQuirk,
  type FaultProxy,
  ignoresDates,
  type QuirkServer,
  type Quirks,
  startFaultProxy,
  startQuirkServer,
} from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';
import { contents, deliver, held, inFolder } from './deliver.ts';

/** A destination that loses connections, forgets, or says too much. */

let journey: Journey;
let proxy: QuirkServer | FaultProxy | undefined;
afterEach(async () => {
  await journey.stop();
  await proxy?.stop();
  proxy = undefined;
});

async function start(options: Partial<JourneyOptions> = {}): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    ...options,
  });
}

/** In front of the destination. */
const behind = (...quirks: Quirks): Partial<JourneyOptions> => ({
  newPort: async (port) => {
    proxy = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks });
    return proxy.port;
  },
});

const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));

it('a line cut after APPEND gives back its share of the memory: messages that need most of it still arrive once', async () => {
  let faults: FaultProxy | undefined;
  await start({
    limits: '{ connections: 20, connections_per_mailbox: 2 }',
    newPort: async (port) => {
      faults = await startFaultProxy({ target: { host: '127.0.0.1', port } });
      proxy = faults;
      return faults.port;
    },
  });
  // Half of the 64 MiB that may be under way, and a little more: with one share of it lost there is no room for it.
  for (const [name, bytes] of [
    ['first', 2_000_000],
    ['huge', 34_500_000],
    ['last', 2_000_000],
  ] as const) {
    await deliver(journey.old, { name, bytes });
  }
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const cut = faults?.cutAfterClientSends(/^APPEND/);
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 3, failed: 0, in_doubt: 0 } });
  expect(cut?.hits).toBe(1);
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

it('a cut after APPEND doubles nothing where the destination does not keep dates', async () => {
  const cut = defineQuirk('cut after APPEND', (hit) => ({
    onResponse: ({ kind, command, text }) => {
      if (cut.hits > 0 || kind !== 'tagged' || command?.name !== 'APPEND' || !/^\S+ OK\b/.test(text)) return undefined;
      hit();
      return { kind: 'cut' };
    },
  }));
  await start(behind(ignoresDates(), cut));
  await deliver(journey.old, { count: 5 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 5, failed: 0, in_doubt: 0 } });
  expect(cut.hits).toBe(1);
  expect(await contents(journey.new)).toEqual(await contents(journey.old));
  for (const line of await held(journey.new)) expect(line).not.toContain(' 2020-');
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('an APPENDUID that names every UID there is neither takes the memory nor doubles a message', async () => {
  const lie = defineQuirk('every UID', (hit) => ({
    onResponse: (response) => {
      if (!response.text.includes('[APPENDUID ')) return undefined;
      hit();
      response.text = response.text.replace(/\[APPENDUID (\d+) [^\]]*\]/, '[APPENDUID $1 1:4294967295]');
      return undefined;
    },
  }));
  await start(behind(lie));
  await deliver(journey.old, { count: 3 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 3, failed: 0 } });
  expect(lie.hits).toBeGreaterThan(0);
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

it('flags set at the source reach the destination although its UIDVALIDITY changed in between', async () => {
  await start();
  await deliver(journey.old, { count: 3 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await sync()).toMatchObject({ exit_code: 0 });
  const before = (await journey.uidNexts('ann')).INBOX?.uidValidity;
  await journey.new.stop();
  await changeUidValidity(join(journey.new.home('ann'), 'Maildir'));
  await journey.new.restart();
  expect((await journey.uidNexts('ann')).INBOX?.uidValidity).not.toBe(before);
  await inFolder(journey.old, 'INBOX', ['STORE 1:* +FLAGS.SILENT (\\Flagged)']);
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { failed: 0 } });
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
  expect(await held(journey.new)).toEqual(await held(journey.old));
  for (const line of await held(journey.new)) expect(line).toContain('\\Flagged');
});

async function changeUidValidity(maildir: string): Promise<void> {
  const list = join(maildir, 'dovecot-uidlist');
  await writeFile(list, (await readFile(list, 'utf8')).replace(/ V\d+ /, ' V1999999999 '));
  for (const name of await readdir(maildir)) if (name.startsWith('dovecot.index')) await rm(join(maildir, name));
}

it('a server that echoes the password in its refusal puts it into no output and no file', async () => {
  let quirky: QuirkServer | undefined;
  await start({
    newPort: async (port) => {
      proxy = quirky = await startQuirkServer({ target: { host: '127.0.0.1', port } });
      return proxy.port;
    },
  });
  await deliver(journey.old);
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const { password } = journey.new;
  const echo = defineQuirk('echoes the password', (hit) => ({
    onCommand: ({ name }) => {
      if (name !== 'LOGIN' && name !== 'AUTHENTICATE') return undefined;
      hit();
      return answer(`NO [AUTHENTICATIONFAILED] bad command: LOGIN ann ${password}`);
    },
  }));
  quirky?.setQuirks([echo]);
  const json = await journey.run('sync', journey.plan, '--json');
  const text = await journey.run('sync', journey.plan);
  expect([json.code, text.code]).toEqual([4, 4]);
  expect(echo.hits).toBeGreaterThan(1);
  expect(json.stdout).toContain('AUTH_FAILED');
  for (const output of [json.stdout, json.stderr, text.stdout, text.stderr]) expect(output).not.toContain(password);
  const entries = await readdir(join(journey.dir, '.mxodus'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect((await readFile(file)).includes(password), file).toBe(false);
});
