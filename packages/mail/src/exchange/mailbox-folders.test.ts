import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, USER } from './exchange-world.test.support.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

const GERMAN = { users: [{ address: USER, locale: 'de' as const }] };

const storeOf = ({ sim }: ExchangeWorld) => {
  const store = sim.world.mailboxes.get(sim.world.userOf(USER)?.id ?? '');
  if (store === undefined) throw new Error('nobody asked for the mailbox yet');
  return store;
};

/** Names in the folder all others are in, as the service has them. */
const rootNames = (some: ExchangeWorld): string[] =>
  [...storeOf(some).folders.known('msgfolderroot').children.values()].map(({ displayName }) => displayName);

const posts = ({ sim }: ExchangeWorld): number =>
  sim.journal.filter(({ method, path }) => method === 'POST' && !path.endsWith('/$batch')).length;

it('knows the special folders of a German mailbox by what they are, and makes no second one', async () => {
  world = await exchangeWorld(GERMAN);
  const session = await world.open();
  const folders = await session.listFolders();
  const roles = folders.map(({ path, role }) => [path, role]);
  expect(roles.sort()).toEqual([
    ['Entwürfe', 'drafts'],
    ['Gelöschte Elemente', 'trash'],
    ['Gesendete Elemente', 'sent'],
    ['INBOX', 'inbox'],
    ['Junk-E-Mail', 'junk'],
  ]);
  expect(folders.every(({ subscribed, status }) => subscribed && status?.messages === 0)).toBe(true);
  const before = rootNames(world);
  for (const { path, role } of folders) await session.create(path, role);
  await session.create('inbox', 'inbox');
  expect(rootNames(world)).toEqual(before);
  expect(world.writes).toEqual([]);
});

it('lists folders in folders, over pages, with a "/" of a name told from one of the path', async () => {
  world = await exchangeWorld();
  const session = await world.open();
  const { folders } = storeOf(world);
  const inbox = folders.known('inbox');
  for (let n = 0; n < 260; n += 1) folders.add(inbox, `n${n}`, false);
  const project = folders.add(folders.known('msgfolderroot'), 'A/B', false);
  folders.add(project, 'child', false);
  folders.add(project, 'hidden', true);
  const paths = (await session.listFolders()).map(({ path }) => path);
  expect(paths.filter((path) => path.startsWith('INBOX/'))).toHaveLength(260);
  expect(paths.filter((path) => /^A/.test(path))).toEqual(['A\uff0fB', 'A\uff0fB/child']);
  const another = await world.open();
  expect(await another.status('A\uff0fB/child')).toMatchObject({ messages: 0 });
  expect(await another.status('A/B')).toBeNull();
});

it('takes names that differ by case for one folder, as Exchange does', async () => {
  world = await exchangeWorld();
  const session = await world.open();
  await session.create('Foo/Bar', null);
  await session.create('foo/bär', null);
  await session.create('fOO/BAR', null);
  expect(world.writes).toHaveLength(3);
  expect(rootNames(world).filter((name) => /foo/i.test(name))).toEqual(['Foo']);
  expect((await session.listFolders()).map(({ path }) => path).filter((path) => /foo/i.test(path))).toEqual([
    'Foo',
    'Foo/Bar',
    'Foo/bär',
  ]);
  expect(await session.probeName('FOO/bar')).toEqual({ kind: 'taken' });
  expect(await session.probeName('FOO/baz')).toEqual({ kind: 'free' });
  expect(await session.status('foo/BAR')).toMatchObject({ messages: 0 });
});

it.each([409, 400] as const)('finds the folder somebody else made at that moment (%i)', async (folderExistsStatus) => {
  world = await exchangeWorld({ switches: { folderExistsStatus } });
  const session = await world.open();
  const { folders } = storeOf(world);
  world.sim.onRequest(({ method, path }, when) => {
    if (method === 'POST' && when === 'before' && path.endsWith('/mailFolders') && !rootNames(world).includes('News'))
      folders.add(folders.known('msgfolderroot'), 'News', false);
  });
  await session.create('news', null);
  expect(rootNames(world).filter((name) => /news/i.test(name))).toEqual(['News']);
  expect(await session.status('news')).toMatchObject({ messages: 0 });
});

it.each([
  { name: 'after it was made', fault: { after: { status: 504 } }, sent: 1 },
  { name: 'before it was made', fault: { before: { status: 504 } }, sent: 2 },
  { name: 'and no connection, after it was made', fault: { after: 'reset' as const }, sent: 1 },
])('makes a folder once when the service gives no answer $name', async ({ fault, sent }) => {
  world = await exchangeWorld();
  const session = await world.open();
  world.sim.faults.add({ method: 'POST', path: /\/mailFolders$/, ...fault });
  await session.create('Reports', null);
  expect(rootNames(world).filter((name) => name === 'Reports')).toHaveLength(1);
  expect(posts(world)).toBe(sent);
});

it('says before and after why a folder cannot have a name', async () => {
  world = await exchangeWorld();
  const session = await world.open();
  await session.listFolders();
  world.sim.forget();
  const refused = [
    'Outbox',
    'Conversation History',
    'Calendar',
    'notes',
    '',
    ' a',
    'a ',
    'a\u0007',
    'a//b',
    `${'x'.repeat(256)}`,
  ];
  for (const name of refused) {
    expect(await session.probeName(name), name).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/Exchange/),
    });
  }
  expect(await session.probeName('Deleted Items/Notes')).toEqual({ kind: 'free' });
  expect(world.sim.journal).toEqual([]);
  await expect(session.create('Calendar', null)).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
  await expect(session.create('Outbox/x', null)).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
  expect(rootNames(world).filter((name) => /calendar|outbox/i.test(name))).toEqual(['Outbox']);
});

it('does not take a folder in the deleted items for the one that was there', async () => {
  world = await exchangeWorld();
  const session = await world.open();
  await session.create('Old/Deep', null);
  const before = await session.status('Old/Deep');
  const { folders } = storeOf(world);
  const old = [...folders.known('msgfolderroot').children.values()].find(({ displayName }) => displayName === 'Old');
  await world.ask('DELETE', `/mailFolders/${old?.id}`);
  expect(await session.status('Old/Deep')).toBeNull();
  await expect(session.scan('Old/Deep')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
  await session.create('Old/Deep', null);
  const after = await session.status('Old/Deep');
  expect(after?.uidValidity).not.toBe(before?.uidValidity);
  expect(
    (await session.listFolders())
      .map(({ path }) => path)
      .filter((path) => /Old/.test(path))
      .sort(),
  ).toEqual(['Deleted Items/Old', 'Deleted Items/Old/Deep', 'Old', 'Old/Deep']);
});

it('sends nothing that the ear for writes forbids', async () => {
  world = await exchangeWorld();
  const session = await world.open(() => {
    throw new Error('a dry run');
  });
  await expect(session.create('New', null)).rejects.toThrow('a dry run');
  expect(rootNames(world)).not.toContain('New');
  expect(posts(world)).toBe(0);
});

it('says at once that the mailbox is not there, or that the app may not', async () => {
  world = await exchangeWorld({ users: [{ address: USER, restEnabled: false }] });
  await expect(world.open()).rejects.toMatchObject({ exitCode: 4, what: expect.stringContaining('open the mailbox') });
  await world.stop();
  world = await exchangeWorld({ roles: ['User.Read.All'] });
  await expect(world.open()).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    advice: expect.stringContaining('Mail.ReadWrite'),
  });
});
