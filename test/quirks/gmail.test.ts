import { defineQuirk, gmail, type Quirk, quoted } from '@mxodus/lab';
import { expect, it } from 'vitest';
import { type Case, plainMail, useQuirkyServers } from './quirky-servers.ts';

/** A Gmail source: one physical message is listed in the folder of each of its labels. */

const servers = useQuirkyServers();

const FOLDERS = [
  '[Gmail]/All Mail',
  '[Gmail]/Sent Mail',
  '[Gmail]/Starred',
  '[Gmail]/Important',
  'Clients',
  'Clients/Acme',
];
/** Subject to the folders besides All Mail that list it. */
const MAILS: Readonly<Record<string, readonly string[]>> = {
  archived: [],
  plain: ['INBOX'],
  sent: ['[Gmail]/Sent Mail'],
  labelled: ['INBOX', 'Clients', 'Clients/Acme', '[Gmail]/Important'],
  starred: ['Clients', '[Gmail]/Starred'],
};
const COUNT = Object.keys(MAILS).length;

/** Counts the bodies the source gives. */
function bodies(): Quirk {
  return defineQuirk('bodies', (hit) => ({
    onResponse: ({ text, literal }) => {
      if (literal && /BODY\[\](?:<\d+>)? $/.test(text)) hit();
      return undefined;
    },
  }));
}

async function start(policy: string): Promise<{ test: Case; counted: Quirk }> {
  const counted = bodies();
  const account = () => test.account('old');
  const test = await servers.start({ old: [counted, ...gmail({ account })], oldServer: `labels: ${policy}` });
  await test.at('old', async (client) => {
    for (const folder of FOLDERS) await client.command(`CREATE ${quoted(folder)}`);
    for (const subject of Object.keys(MAILS)) {
      await client.command(['APPEND "[Gmail]/All Mail" (\\Seen) ', Buffer.from(plainMail(subject))]);
    }
    await client.command('SELECT "[Gmail]/All Mail"');
    for (const [index, folders] of Object.values(MAILS).entries()) {
      for (const folder of folders) await client.command(`UID COPY ${index + 1} ${quoted(folder)}`);
    }
  });
  // A folder for the role of Gmail's own.
  await test.at('new', (client) => client.command('CREATE Sent'));
  expect(await test.plan()).toMatchObject({ code: 0 });
  return { test, counted };
}

async function copies(test: Case): Promise<Record<string, number>> {
  const folders = Object.entries(await test.read('new')).filter(([, { messages }]) => messages.length > 0);
  return Object.fromEntries(folders.map(([name, { messages }]) => [name, messages.length]));
}

const distinct = async (test: Case): Promise<number> =>
  new Set(Object.values(await test.read('new')).flatMap(({ messages }) => messages.map(({ sha256 }) => sha256))).size;

it('labels: folders - a copy in the folder of each label, and each message is fetched once', async () => {
  const { test, counted } = await start('folders');
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0, cannot: 0 } });
  expect(counted.hits).toBe(COUNT);
  expect(await distinct(test)).toBe(COUNT);
  const found = await copies(test);
  expect(found).toMatchObject({ INBOX: 2, Clients: 2, 'Clients/Acme': 1, Sent: 1 });
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('labels: first - one copy of each message', async () => {
  const { test, counted } = await start('first');
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  const found = await copies(test);
  expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBe(COUNT);
  expect(found).toMatchObject({ INBOX: 2, Sent: 1 });
  expect([await distinct(test), counted.hits]).toEqual([COUNT, COUNT]);
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('labels: keywords - one copy of each message, its labels as keywords', async () => {
  const { test, counted } = await start('keywords');
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  const all = Object.values(await test.read('new')).flatMap(({ messages }) => messages);
  expect(all).toHaveLength(COUNT);
  expect([await distinct(test), counted.hits]).toEqual([COUNT, COUNT]);
  const flags = all.map((message) => message.flags.join(' '));
  expect(flags.filter((line) => /Clients\/Acme/.test(line))).toHaveLength(1);
  expect(flags.filter((line) => /\bClients\b(?!\/)/.test(line))).toHaveLength(2);
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
});
