import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dovecotCapability, openRawConnection } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';

let journey: Journey;
afterEach(() => journey.stop());

const lines = (...text: string[]): string => text.map((line) => `${line}\r\n`).join('');

/** Two parts, the second one in base64. */
const encoded = (text: string): string =>
  lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    text,
    '--b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    'AAECgIA=',
    '--b--',
  );

/** One byte a character. */
const MESSAGES = {
  header: lines('Subject: header', 'X-Nul: a\0b', '', 'x'),
  both: lines('Subject: both', '', 'NUL here:\0: and 0x80 \x80 there, \0\0'),
  none: lines('Subject: none', '', '5 \x80 in windows-1252'),
  unclear: lines('Subject: unclear') + encoded('NUL \0 beside base64'),
  'none-encoded': lines('Subject: none-encoded') + encoded('5 \x80 beside base64'),
  undecodable: lines('Subject: undecodable', 'Content-Transfer-Encoding: x-odd', '', '\0'),
};

async function copied(options: Partial<JourneyOptions>): Promise<void> {
  journey = await startJourney({ users: ['ann'], seed: { messagesPerUser: 0, seed: 1, hostile: false }, ...options });
  for (const [index, [name, text]] of Object.entries(MESSAGES).entries()) {
    const path = join(journey.old.home('ann'), 'Maildir', 'cur', `130000000${index}.M1P1.${name}:2,S`);
    await writeFile(path, Buffer.from(text, 'latin1'));
  }
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const result = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(result).toMatchObject({ exit_code: 0, buckets: { moved_now: 6 } });
}

/** What BINARY[] shows, by subject. */
async function binary(end: 'old' | 'new'): Promise<Record<string, string>> {
  const connection = await openRawConnection(journey[end]);
  const found: Record<string, string> = {};
  await connection.command(`LOGIN ann ${journey[end].password}`);
  await connection.command('EXAMINE INBOX');
  const ask = (uid: number) =>
    connection.command(`UID FETCH ${uid} BINARY.PEEK[]`, (response) => {
      for (const part of response) {
        if (typeof part === 'string' || part.kind !== 'bytes') continue;
        const text = part.bytes.toString('latin1');
        found[/^Subject: (.*)\r$/m.exec(text)?.[1] ?? ''] = text;
      }
    });
  for (let uid = 1; uid <= 6; uid += 1) await ask(uid).catch(() => undefined);
  connection.close();
  return found;
}

async function alterations(): Promise<Record<string, string>> {
  const { stdout } = await journey.run('report', journey.plan, '--json');
  const rows: { type: string; uid: number; what: string; why: string }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const named = rows.filter(({ type }) => type === 'alteration');
  return Object.fromEntries(named.map(({ uid, what, why }) => [Object.keys(MESSAGES)[uid - 1], `${what}: ${why}`]));
}

const UNCLEAR = expect.stringMatching(/^NUL bytes, if it has any, are stored as 0x80: the source shows NUL as 0x80/);

it('a NUL arrives as one where both ends have BINARY, and what the source does not tell is named', async () => {
  await copied({});
  const arrived = await binary('new');
  expect(arrived).toMatchObject({ header: MESSAGES.header, both: MESSAGES.both, none: MESSAGES.none });
  const { header, both, none } = await binary('old');
  expect(arrived).toMatchObject({ header, both, none });
  expect(await journey.readOldAgain().then(() => journey.differences())).toEqual([]);
  expect(await alterations()).toEqual({ unclear: UNCLEAR, undecodable: UNCLEAR });
  expect(summaryOf(await journey.run('sync', journey.plan, '--json'))).toMatchObject({ destination_writes: 0 });
});

it('each message whose NUL the destination cannot take is named', async () => {
  await copied({ new: { capability: dovecotCapability('BINARY') } });
  const why = 'the destination has no BINARY (RFC 3516)';
  expect(await binary('new')).toMatchObject({ none: MESSAGES.none, both: MESSAGES.both.replaceAll('\0', '\x80') });
  expect(await alterations()).toEqual({
    header: `1 NUL byte is stored as 0x80: ${why}`,
    both: `3 NUL bytes are stored as 0x80: ${why}`,
    unclear: UNCLEAR,
    undecodable: UNCLEAR,
  });
});
