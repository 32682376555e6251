import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { GMAIL_APPEND_LIMIT, gmail } from './gmail.ts';
import { createQuirkWorld } from './quirk-world.test.support.ts';

const world = createQuirkWorld();
beforeAll(world.open);
beforeEach(world.begin);
afterEach(world.end);
afterAll(world.close);

const mail = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\nbody of ${name}\r\n`);

async function start(options: { connections?: number; bandwidth?: number } = {}) {
  const behind = await world.behind();
  for (const folder of ['All Mail', 'Sent Mail', 'Starred']) await behind.command(`CREATE "[Gmail]/${folder}"`);
  await behind.command('CREATE "My work"');
  await behind.command('APPEND "[Gmail]/All Mail" ', mail('one'), ' ', mail('two'));
  await behind.command('SELECT "[Gmail]/All Mail"');
  await behind.command('UID COPY 1 INBOX');
  await behind.command('UID COPY 1 "My work"');
  await behind.command('UID COPY 2 "[Gmail]/Sent Mail"');
  return world.start(gmail({ account: () => ({ user: world.user, password: 'pass' }), ...options }));
}

test('Gmail names its folders by role, and [Gmail] cannot be selected', async () => {
  const client = await start();
  const text = await client.command('LIST "" "*"');
  expect(text).toMatch(/^\* LIST \([^)]*\\All\) "\/" "\[Gmail\]\/All Mail"\r$/m);
  expect(text).toMatch(/^\* LIST \([^)]*\\Sent\) "\/" "\[Gmail\]\/Sent Mail"\r$/m);
  expect(text).toMatch(/^\* LIST \([^)]*\\NoSelect[^)]*\) "\/" \[Gmail\]\r$/m);
  expect(text).toMatch(/^\* LIST \(\\HasNoChildren\) "\/" INBOX\r$/m);
});

test('the copies of a message have one X-GM-MSGID, and the labels of the other folders', async () => {
  const client = await start();
  const items = async (folder: string): Promise<string[]> => {
    await client.command(`EXAMINE "${folder}"`);
    const text = await client.command('UID FETCH 1:* (UID X-GM-MSGID X-GM-LABELS FLAGS)');
    return text.match(/X-GM-MSGID \d+ X-GM-LABELS \([^)]*\)/g) ?? [];
  };
  const all = await items('[Gmail]/All Mail');
  expect(all.map((text) => text.replace(/\d+/, 'N'))).toEqual([
    'X-GM-MSGID N X-GM-LABELS ("My work" "\\\\Inbox")',
    'X-GM-MSGID N X-GM-LABELS ("\\\\Sent")',
  ]);
  const [first] = await items('INBOX');
  expect(first).toMatch(/X-GM-LABELS \("My work"\)$/);
  const idOf = (text = ''): string | undefined => /\d+/.exec(text)?.[0];
  expect(idOf(first)).toBe(idOf(all[0]));
  expect(idOf(all[0])).not.toBe(idOf(all[1]));
  expect(await client.command('FETCH 1 (BODY.PEEK[] X-GM-MSGID)')).toContain(
    `X-GM-MSGID ${idOf(first)} BODY[] {29}\r\n${mail('one')})`,
  );
});

test('Gmail has its own capabilities and limits', async () => {
  const client = await start({ connections: 2, bandwidth: 500 });
  const text = await client.command('CAPABILITY');
  expect(text).toMatch(/X-GM-EXT-1 .*LITERAL- .*APPENDLIMIT=35651584/);
  expect(text).not.toMatch(/LITERAL\+|MULTIAPPEND|QRESYNC/);
  client.send(`a APPEND INBOX {${GMAIL_APPEND_LIMIT + 1}}\r\n`);
  expect(await client.until(/\r\n/)).toContain('a NO [TOOBIG]');
  expect(await client.command('CREATE "a  b"')).toContain('NO');
  expect(await client.command('CREATE "a b"')).toContain('OK');
  const other = await world.signIn();
  expect(await (await world.connect()).command(`LOGIN ${world.user} pass`)).toContain('NO [ALERT] Too many');
  await expect(other.command('APPEND INBOX ', Buffer.from('x\0\r\n'))).rejects.toThrow('* BYE Invalid character');
  expect(await client.command('APPEND INBOX ', mail('x'.repeat(300)))).toContain('NO [OVERQUOTA]');
});
