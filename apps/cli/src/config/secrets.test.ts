import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MxodusError, type Secret } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSecret } from './secrets.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mxodus-secrets-'));
  await writeFile(join(dir, 'pw'), 'hunter2\n');
  await writeFile(join(dir, 'pw-crlf'), ' two\nlines \r\n');
  await writeFile(join(dir, 'empty'), '\n');
});

afterAll(() => rm(dir, { recursive: true }));

const env = { PW: 'hunter2', EMPTY: '' };
const node = (script: string): Secret => ({ command: [process.execPath, '-e', script] });

test.each<[string, Secret, string]>([
  ['the environment', { env: 'PW' }, 'hunter2'],
  ['a file beside the config, without its last newline', { file: 'pw' }, 'hunter2'],
  ['a file as it is but for that', { file: './pw-crlf' }, ' two\nlines '],
  ['what a command prints', node('console.log("hunter2")'), 'hunter2'],
  ['a command in the folder of the config', node('console.log(fs.readFileSync("pw", "utf8").trim())'), 'hunter2'],
  [
    'no shell reads the arguments',
    { command: [process.execPath, '-p', 'process.argv[1]', '$(id); `id` *'] },
    '$(id); `id` *',
  ],
])('a secret comes from %s', async (_name, secret, expected) => {
  expect(await resolveSecret(secret, dir, { env })).toBe(expected);
});

describe('a secret that is missing', () => {
  test.each<[string, Secret, string, string]>([
    [
      'variable not set',
      { env: 'NOPE' },
      'the secret in the environment variable NOPE could not be read',
      'it is not set',
    ],
    [
      'variable empty',
      { env: 'EMPTY' },
      'the secret in the environment variable EMPTY could not be read',
      'it is empty',
    ],
    ['no file', { file: 'nope' }, 'the secret in the file nope could not be read', 'there is no such file'],
    ['a folder', { file: '.' }, 'the secret in the file . could not be read', 'the system says EISDIR'],
    ['empty file', { file: 'empty' }, 'the secret in the file empty could not be read', 'it is empty'],
    [
      'no program',
      { command: ['/nope/pass', 'x'] },
      'the secret in the command /nope/pass could not be read',
      'there is no such program',
    ],
    [
      'nothing printed',
      { command: ['true'] },
      'the secret in the command true could not be read',
      'it printed nothing',
    ],
    [
      'a program that fails',
      { command: ['false'] },
      'the secret in the command false could not be read',
      'it ended with exit code 1',
    ],
    [
      'a program that hangs',
      { command: ['sleep', '60'] },
      'the secret in the command sleep could not be read',
      'it took longer than 0.3 s, or printed too much',
    ],
  ])('%s', async (_name, secret, what, why) => {
    const error = await resolveSecret(secret, dir, { env, timeoutMs: 300 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MxodusError);
    expect(error).toMatchObject({ code: 'SECRET_MISSING', exitCode: 2, what, why });
  });

  test('tells nothing of what the command wrote or was given', async () => {
    const secret: Secret = {
      command: [process.execPath, '-e', 'console.log("hunter2"); console.error("hunter2"); process.exit(3)'],
    };
    const error = await resolveSecret(secret, dir).catch((thrown: unknown) => thrown);
    if (!(error instanceof MxodusError)) throw error;
    expect([error.what, error.why, error.advice, error.message, error.stack, String(error.cause)].join()).not.toContain(
      'hunter2',
    );
  });
});
