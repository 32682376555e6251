import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Certificates, createCertificates } from '../../../certificates.ts';
import { openRawConnection, type RawConnection } from '../../../imap/raw-connection.ts';
import { makeTempDir, type TempDir } from '../../../process/temp-dir.ts';
import { type ContentWorld, contentWorld } from '../content.test.support.ts';
import { type ImapFace, startImapFace } from './imap-face.ts';
import { IMAP_AUDIENCE, IMAP_ROLE } from './sign-in.ts';

let temp: TempDir;
let certificates: Certificates;
const faces: ImapFace[] = [];
beforeAll(async () => {
  temp = await makeTempDir();
  certificates = await createCertificates(temp.path);
});
afterEach(async () => {
  for (const face of faces.splice(0)) await face.stop();
});
afterAll(() => temp.remove());

const MIME = (id: string): Buffer => Buffer.from(`Message-ID: <${id}>\r\nSubject: ${id}\r\n\r\nbody\r\n`);

interface Line extends RawConnection {
  /** The tagged answer, refusals too, and the untagged ones before it, as text. */
  say(...parts: (string | Buffer)[]): Promise<string[]>;
}

async function connected(box: ContentWorld): Promise<Line> {
  const { world, tokens } = box;
  const face = await startImapFace({ world, certificate: certificates.server.valid, verify: tokens.verify });
  faces.push(face);
  const line = await openRawConnection({ ...face, tls: 'implicit', caFile: certificates.caFile });
  const say = async (...parts: (string | Buffer)[]): Promise<string[]> => {
    const seen: string[] = [];
    const answer = await line
      .command(parts, (response) => seen.push(response.join('')))
      .catch((error: Error) => error.message);
    return [...seen, answer];
  };
  return { ...line, say };
}

async function signedIn(box: ContentWorld): Promise<Line> {
  const line = await connected(box);
  const { token } = box.tokens.issue(IMAP_AUDIENCE, [IMAP_ROLE]);
  const response = Buffer.from(`user=ann@example.com\x01auth=Bearer ${token}\x01\x01`).toString('base64');
  expect(await line.say(`AUTHENTICATE XOAUTH2 ${response}`)).toEqual(['OK AUTHENTICATE completed.']);
  return line;
}

test('before the sign-in it tells its capabilities and refuses the rest; passwords are no good', async () => {
  const line = await connected(contentWorld());
  const [capabilities] = await line.say('CAPABILITY');
  expect(capabilities).toContain(
    'CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+',
  );
  expect((await line.say('SELECT INBOX')).join()).toContain('BAD Command received in Invalid state.');
  expect((await line.say('LOGIN ann@example.com secret')).join()).toContain('NO LOGIN failed.');
  expect((await line.say(`AUTHENTICATE XOAUTH2 ${Buffer.from('x').toString('base64')}`)).join()).toContain(
    'NO AUTHENTICATE failed.',
  );
  line.close();
});

test('a message is found by its Message-ID, also one that Graph put there, and gone when Graph took it away', async () => {
  const box = contentWorld();
  const item = box.message();
  const line = await signedIn(box);
  const [appended] = await line.say('APPEND "INBOX" (\\Seen) "02-Jan-2023 10:00:00 +0100" ', MIME('a+1@b'));
  expect(appended).toMatch(/^OK \[APPENDUID \d+ 2\] APPEND completed\.$/);
  const status = await line.say('STATUS INBOX (MESSAGES UIDNEXT UNSEEN)');
  expect(status[0]).toContain('(MESSAGES 2 UIDNEXT 3 UNSEEN 1)');
  await line.say('EXAMINE INBOX');
  const found = async (id: string): Promise<string> =>
    (await line.say(`UID SEARCH HEADER Message-ID "${id}"`))[0] ?? '';
  expect(await found('<a+1@b>')).toBe('* SEARCH 2');
  expect(await found(item.internetMessageId)).toBe('* SEARCH 1');
  expect(await found('<other@b>')).toBe('* SEARCH');
  expect((await line.say('UID FETCH 2 (FLAGS INTERNALDATE)'))[0]).toContain(
    'UID 2 FLAGS (\\Seen) INTERNALDATE "02-Jan-2023 09:00:00 +0000"',
  );
  box.store.move(item, box.store.folders.known('sentitems'));
  expect(await found(item.internetMessageId)).toBe('* SEARCH');
  box.store.move(item, box.store.folders.known('inbox'));
  expect(await found(item.internetMessageId)).toBe('* SEARCH 3');
  box.store.remove(item);
  expect(await found(item.internetMessageId)).toBe('* SEARCH');
  expect(await found('<a+1@b>')).toBe('* SEARCH 2');
  line.close();
});

test.each([
  { switched: 'hidden', names: [] },
  { switched: 'underscore', names: ['"A_B"', '"A_B/C"'] },
] as const)('a folder with "/" in its name is $switched', async ({ switched, names }) => {
  const box = contentWorld();
  box.world.switches.imapSlashNames = switched;
  const { folders } = box.store;
  const root = folders.known('msgfolderroot');
  folders.add(folders.add(root, 'A/B'), 'C');
  folders.add(folders.known('inbox'), 'Grüße');
  folders.add(root, 'secret', true);
  const line = await signedIn(box);
  const listed = (await line.say('LIST "" "*"')).flatMap((row) => /"\/" (.*)$/.exec(row)?.[1] ?? []);
  expect(listed.filter((name) => name.startsWith('"A'))).toEqual(names);
  expect(listed).toEqual(expect.arrayContaining(['"INBOX"', '"INBOX/Gr&APwA3w-e"', '"Sent Items"']));
  expect(listed).not.toContain('"secret"');
  line.close();
});

test('what is too long or full is refused in Exchange’s words, and the line goes on', async () => {
  const box = contentWorld({ maxMessageBytes: 100_000 });
  const line = await signedIn(box);
  const refused = async (...parts: (string | Buffer)[]): Promise<string> => (await line.say(...parts)).join();
  expect(await refused('APPEND INBOX ', Buffer.alloc(100_001, 'x\r\n'))).toContain(
    'NO Maximum size of appendable message has been exceeded.',
  );
  expect(await refused('APPEND INBOX ', Buffer.from(`A: b\r\n\r\n${'x'.repeat(10_240)}`))).toContain(
    'BAD Command Argument Error. 11',
  );
  expect(await refused(`STATUS "${'x'.repeat(10_240)}" (MESSAGES)`)).toContain('BAD Command Argument Error. 11');
  expect(await refused('APPEND Nowhere ', MIME('a@b'))).toContain('NO [TRYCREATE]');
  box.ann.quotaBytes = 10;
  expect(await refused('APPEND INBOX ', MIME('a@b'))).toContain('NO Server Unavailable. 15');
  box.ann.quotaBytes = 1_000_000;
  expect(await refused('APPEND INBOX ', MIME('a@b'))).toContain('OK [APPENDUID');
  line.close();
});
