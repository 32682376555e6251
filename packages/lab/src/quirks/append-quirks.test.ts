import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation } from './conversation.test.support.ts';
import { byeAfterAppend, byeInAppend, connectionLimit, goesSilent, losesPatience } from './endings.ts';
import { ignoresAppendFlags, isKeyword, isOddSystemFlag, permanentFlags, refusesFlags } from './flags.ts';
import { foldsCase, noInferiors, parentsExist, refusesNames } from './folder-names.ts';
import {
  addsHeader,
  bandwidthLimit,
  exchangeError11,
  ignoresDates,
  needsFinalLineEnd,
  refusesNul,
} from './message-content.ts';
import { createQuirkWorld } from './quirk-world.test.support.ts';
import { throttling } from './throttling.ts';
import { noUidCodes } from './uid-validity.ts';

const world = createQuirkWorld();
beforeAll(world.open);
beforeEach(world.begin);
afterEach(world.end);
afterAll(world.close);
const { start, stored } = world;

const MAIL = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const append = (client: Conversation, body: Buffer = MAIL, folder = 'INBOX'): Promise<string> =>
  client.command(`APPEND ${folder} (\\Seen) `, body);

test('Office 365 asks for a pause, and ends the connection of a client that makes none', async () => {
  const quirk = throttling({ nths: [2], backoffMs: 300, graceMs: 50, patience: 1 });
  const client = await start(quirk);
  expect(await append(client)).toContain(' OK ');
  expect(await append(client)).toMatch(/^t3 NO Request is throttled\. Suggested Backoff Time: 300 milliseconds\r\n$/);
  await sleep(320);
  expect(await append(client)).toContain(' OK ');
  expect({ waits: quirk.waits.length, ignored: quirk.ignored() }).toEqual({ waits: 1, ignored: 0 });
  const other = await world.signIn();
  const impatient = throttling({ nths: [1], backoffMs: 10_000, graceMs: 0, patience: 1 });
  world.server.setQuirks([impatient]);
  const third = await world.signIn();
  expect(await append(third)).toContain('throttled');
  expect(await append(third)).toContain('throttled');
  await expect(append(third)).rejects.toThrow('* BYE Session invalidated');
  expect(impatient.ignored()).toBe(2);
  expect(await append(other)).toContain(' OK ');
  expect(await stored()).toBe(3);
});

test('Office 365 throttles what comes too fast', async () => {
  const client = await start(throttling({ perSecond: 3, backoffMs: 100 }));
  const answers = [];
  for (let count = 0; count < 4; count++) answers.push(await append(client));
  expect(answers.map((text) => / (OK|NO) /.exec(text)?.[1])).toEqual(['OK', 'OK', 'OK', 'NO']);
});

describe('Exchange has one text', () => {
  const line = (length: number): Buffer => Buffer.from(`Subject: x\r\n\r\n${'l'.repeat(length)}\r\nshort\r\n`);
  test('for a long line', async () => {
    const quirk = exchangeError11();
    const client = await start(quirk);
    expect(await append(client, line(9901))).toBe('t2 BAD Command Argument Error. 11\r\n');
    expect(await append(client, Buffer.from('l'.repeat(10_001)))).toBe('t3 BAD Command Argument Error. 11\r\n');
    expect(await append(client, line(9899))).toContain(' OK ');
    expect([quirk.hits, await stored()]).toEqual([2, 1]);
  });
  test('for a large message, and for a full mailbox', async () => {
    const client = await start(exchangeError11({ largest: 2000, quota: 3000 }));
    expect(await append(client, line(2000))).toBe('t2 BAD Command Argument Error. 11\r\n');
    expect(await append(client, line(1800))).toContain(' OK ');
    expect(await append(client, line(1800))).toBe('t4 BAD Command Argument Error. 11\r\n');
    expect(await append(client, line(100))).toContain(' OK ');
    expect(await stored()).toBe(2);
  });
});

test('Gmail hangs up on NUL', async () => {
  const client = await start(refusesNul());
  await expect(append(client, Buffer.from('Subject: x\r\n\r\n\0\r\n'))).rejects.toThrow(
    '* BYE Invalid character in literal',
  );
  expect(await append(await world.signIn())).toContain(' OK ');
  expect(await stored()).toBe(1);
});

test('the bytes of a day are counted', async () => {
  const quirk = bandwidthLimit(MAIL.length * 2);
  const client = await start(quirk);
  await append(client);
  await append(client);
  expect(await append(client)).toContain('NO [OVERQUOTA] Account exceeded command or bandwidth limits');
  quirk.lift();
  expect(await append(client)).toContain(' OK ');
});

test('connections are counted while they are signed in', async () => {
  const first = await start(connectionLimit(2));
  const second = await world.signIn();
  const third = await world.connect();
  expect(await third.command(`LOGIN ${world.user} pass`)).toContain('NO [ALERT] Too many simultaneous connections');
  expect(await first.command('NOOP')).toContain('OK');
  second.close();
  await expect.poll(() => third.command(`LOGIN ${world.user} pass`)).toContain('OK');
});

describe('flags', () => {
  test('are refused, in any message of an APPEND', async () => {
    const quirk = refusesFlags({ refused: isKeyword, storeToo: true });
    const client = await start(quirk);
    expect(await client.command('APPEND INBOX (\\Seen $Work) ', MAIL)).toBe('t2 NO Invalid keyword\r\n');
    expect(await client.command('APPEND INBOX (\\Seen) ', MAIL, ' (work) ', MAIL)).toBe('t3 NO Invalid keyword\r\n');
    expect(await append(client)).toContain(' OK ');
    await client.command('SELECT INBOX');
    expect(await client.command('UID STORE 1 +FLAGS.SILENT (\\Flagged work)')).toContain('NO Invalid keyword');
    expect(await client.command('UID STORE 1 +FLAGS.SILENT (\\Flagged)')).toContain('OK');
    expect([quirk.hits, await stored()]).toEqual([3, 1]);
  });
  test('nobody has registered are refused by name', async () => {
    const client = await start(refusesFlags({ refused: isOddSystemFlag, text: 'BAD Invalid system flag FLAG' }));
    expect(await client.command('APPEND INBOX (\\Seen \\Forwarded) ', MAIL)).toBe(
      't2 BAD Invalid system flag \\FORWARDED\r\n',
    );
    expect(await client.command('APPEND INBOX (\\seen work) ', MAIL)).toContain('OK');
  });
  test('are forgotten on the way in', async () => {
    const client = await start(ignoresAppendFlags());
    await client.command('APPEND INBOX (\\Seen) "02-Jan-2020 10:00:00 +0000" ', MAIL, ' (work) ', MAIL);
    const messages = (await world.read()).INBOX?.messages;
    expect(messages).toMatchObject([{ flags: [], internalDate: '2020-01-02T10:00:00Z' }, { flags: [] }]);
  });
  test('PERMANENTFLAGS are other ones', async () => {
    const client = await start(permanentFlags('\\Seen'));
    expect(await client.command('SELECT INBOX')).toContain('* OK [PERMANENTFLAGS (\\Seen)]');
  });
});

describe('BYE', () => {
  test('inside APPEND leaves nothing', async () => {
    const client = await start(byeInAppend(10, { nth: 2, times: 1, text: 'Bye now' }));
    expect(await append(client)).toContain('OK');
    client.send(`a APPEND INBOX {100}\r\n`);
    await client.until(/\+ .*\r\n/);
    client.send('a'.repeat(50));
    expect(await client.rest()).toBe('* BYE Bye now\r\n');
    expect(await append(await world.signIn())).toContain('OK');
    expect(await stored()).toBe(2);
  });
  test('in place of OK comes after the message is stored', async () => {
    const client = await start(byeAfterAppend({ times: 1 }));
    await expect(append(client)).rejects.toThrow('* BYE Server shutting down');
    expect(await append(await world.signIn())).toContain('OK');
    expect(await stored()).toBe(2);
  });
  test('comes after so many refusals', async () => {
    const client = await start(losesPatience(3), exchangeError11({ largest: 1 }));
    await append(client);
    await client.command('SELECT Nowhere');
    await expect(append(client)).rejects.toThrow('* BYE Connection closed. 14');
  });
});

test('silence begins at the command it is set for', async () => {
  const quirk = goesSilent({ on: /^APPEND/, nth: 2 });
  const client = await start(quirk);
  await append(client);
  client.send('a APPEND INBOX {3+}\r\nabc\r\nb NOOP\r\n');
  await sleep(50);
  expect([quirk.hits, world.server.open, await stored()]).toEqual([1, 1, 1]);
  expect(await append(await world.signIn())).toContain('OK');
});

test('no answer tells a UID', async () => {
  const client = await start(noUidCodes());
  expect(await append(client)).toMatch(/^t2 OK Append completed/);
  await client.command('CREATE Two');
  await client.command('SELECT INBOX');
  expect(await client.command('UID COPY 1 Two')).not.toContain('COPYUID');
  expect(await client.command('UID MOVE 1 Two')).not.toContain('COPYUID');
  expect(await stored('Two')).toBe(2);
});

describe('names', () => {
  test('are refused', async () => {
    const quirk = refusesNames({ refused: (name) => name === 'Files' || / $|\^/.test(name) || name.length > 20 });
    const client = await start(quirk);
    for (const name of ['Files', '"end "', 'a^b', 'x'.repeat(21)]) {
      expect(await client.command(`CREATE ${name}`)).toContain('NO [CANNOT]');
    }
    expect(await client.command('CREATE File')).toContain('OK');
    expect(await client.command('RENAME File "Files"')).toContain('NO [CANNOT]');
    expect(quirk.hits).toBe(5);
  });
  test('that differ by case are one folder', async () => {
    const client = await start(foldsCase());
    expect(await client.command('CREATE Trash')).toContain('OK');
    expect(await client.command('CREATE trash')).toContain('NO [ALREADYEXISTS]');
    expect(await client.command('APPEND "TRASH" ', MAIL)).toContain('OK');
    expect(await client.command('STATUS tRASH (MESSAGES)')).toContain('* STATUS Trash (MESSAGES 1)');
    expect(await client.command('SELECT INBOX/Nowhere')).toContain('NO');
    expect(await stored('Trash')).toBe(1);
  });
  test('below a folder with mail are refused', async () => {
    const client = await start(noInferiors());
    await client.command('CREATE Work');
    expect(await client.command('CREATE Work/2026')).toContain("NO Mailbox doesn't allow inferior mailboxes");
    expect(await client.command('CREATE Other/2026')).toContain('OK');
    expect(await client.command('CREATE Other/2025')).toContain('OK');
  });
  test('above a new one are there already', async () => {
    const client = await start(parentsExist());
    expect(await client.command('CREATE A/B/C')).toContain('OK');
    expect(await client.command('CREATE A')).toContain('NO [ALREADYEXISTS]');
    expect(await client.command('CREATE A/B')).toContain('NO [ALREADYEXISTS]');
    expect(await client.command('CREATE D')).toContain('OK');
  });
});

test('Yahoo wants the last CRLF', async () => {
  const client = await start(needsFinalLineEnd());
  expect(await append(client, Buffer.from('Subject: x\r\n\r\nend'))).toContain(
    'BAD [CLIENTBUG] Additional arguments found',
  );
  expect(await append(client)).toContain('OK');
  expect(await stored()).toBe(1);
});

test('a header is added, and dates are forgotten', async () => {
  const client = await start(addsHeader('X-Server: mine'), ignoresDates());
  expect(await client.command('APPEND INBOX "02-Jan-2020 10:00:00 +0000" ', MAIL)).toContain('OK');
  client.send(`a APPEND INBOX () "02-Jan-2020 10:00:00 +0000" {${MAIL.length}}\r\n`);
  await client.until(/\+ .*\r\n/);
  client.send(MAIL);
  client.send('\r\n');
  await client.until(/^a OK.*\r\n/m);
  const messages = (await world.read()).INBOX?.messages ?? [];
  expect(messages.map(({ bytes }) => bytes)).toEqual([MAIL.length + 16, MAIL.length + 16]);
  for (const { internalDate } of messages) expect(Date.parse(internalDate)).toBeGreaterThan(Date.now() - 60_000);
  await client.command('SELECT INBOX');
  expect(await client.command('FETCH 1 BODY.PEEK[]')).toContain('\r\nX-Server: mine\r\nSubject: x\r\n\r\nbody\r\n)');
});
