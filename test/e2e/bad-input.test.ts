import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dovecot, startDovecot } from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, type Journey, startJourney } from '../journey.ts';

let journey: Journey;
let config: string;
let odd: Record<'expired' | 'wrongHost' | 'noTls', Dovecot>;

beforeAll(async () => {
  journey = await startJourney({ users: ['ann'], seed: { messagesPerUser: 20, seed: 1, hostile: false } });
  config = await readFile(join(journey.dir, 'mxodus.yaml'), 'utf8');
  const start = (name: string, options: object) =>
    startDovecot({ dir: join(journey.dir, name), name, password: journey.new.password, ...options });
  odd = {
    expired: await start('x', { certificate: 'expired' }),
    wrongHost: await start('w', { certificate: 'wrong-host' }),
    noTls: await start('n', { tls: 'none' }),
  };
});
afterAll(async () => {
  for (const server of Object.values(odd)) await server.stop();
  await journey.stop();
});

const withConfig = (text: string): Promise<void> => writeFile(join(journey.dir, 'mxodus.yaml'), text);
const newServer = (keys: string): string => config.replace(/new: \{ kind: imap.*\}/, `new: { kind: imap, ${keys} }`);

/** Every error a user meets has a code, what, why and what to do. */
function expectError(finished: Finished, exitCode: number, code: string): void {
  expect(finished.stderr).toMatch(new RegExp(`error ${code}\\b`));
  for (const part of ['what', 'why', 'do']) expect(finished.stderr).toMatch(new RegExp(`^ +${part} +\\S`, 'm'));
  expect(finished.code).toBe(exitCode);
  for (const secret of journey.secrets) expect(finished.stdout + finished.stderr).not.toContain(secret);
}

describe('a config that is wrong', () => {
  it.each<[string, () => string, number, string]>([
    ['has an unknown key', () => config.replace('project: acme', 'projekt: acme'), 2, 'CONFIG_INVALID'],
    ['names a secret that is not there', () => config.replaceAll('OLD_PW', 'NOT_SET_PW'), 2, 'SECRET_MISSING'],
    ['has the wrong password', () => config.replaceAll('env: NEW_PW', 'env: OLD_PW'), 4, 'AUTH_FAILED'],
    ['has the wrong host', () => newServer('host: 127.0.0.1, port: 1, tls: none'), 5, 'SERVER_UNREACHABLE'],
    [
      'meets an expired certificate',
      () => newServer(`host: 127.0.0.1, port: ${odd.expired.imapsPort}, ca: ${odd.expired.caFile}`),
      4,
      'TLS_CERTIFICATE',
    ],
    [
      'meets the certificate of another host',
      () => newServer(`host: 127.0.0.1, port: ${odd.wrongHost.port}, tls: starttls, ca: ${odd.wrongHost.caFile}`),
      4,
      'TLS_CERTIFICATE',
    ],
    [
      'asks for STARTTLS that is not offered',
      () => newServer(`host: 127.0.0.1, port: ${odd.noTls.port}, tls: starttls`),
      4,
      'TLS_NOT_OFFERED',
    ],
    [
      'would send a password in cleartext',
      () => newServer('host: mail.example.test, tls: none'),
      2,
      'CLEARTEXT_REFUSED',
    ],
  ])('because it %s is told apart by check and plan, and no plan is written', async (_, text, exitCode, code) => {
    await withConfig(text());
    expectError(await journey.run('check'), exitCode, code);
    expectError(await journey.run('plan', '-o', 'never.json'), exitCode, code);
    await expect(readFile(join(journey.dir, 'never.json'))).rejects.toThrow('ENOENT');
  });

  it('names the file, the line and the key that was meant', async () => {
    await withConfig(config.replace('project: acme', 'projekt: acme'));
    const { stderr } = await journey.run('check');
    expect(stderr).toMatch(/mxodus\.yaml:2\b/);
    expect(stderr).toMatch(/project/);
  });
});

describe('a plan that is wrong', () => {
  it.each<[string, (plan: string) => Promise<string[]>, number, string]>([
    [
      'was edited by hand',
      async (plan) => {
        await writeFile(
          join(journey.dir, 'edited.json'),
          plan.replace('"newest_first": true', '"newest_first": false'),
        );
        return ['edited.json'];
      },
      2,
      'PLAN_EDITED',
    ],
    [
      'is of another config',
      async () => {
        await withConfig(`${config}\n# a comment changes nothing\n`.replace('match: "*"', 'match: "*@example.test"'));
        return ['acme.plan.json'];
      },
      6,
      'PLAN_STALE',
    ],
    ['is not there', async () => ['nowhere.json'], 2, 'PLAN_NOT_FOUND'],
    ['is no plan', async () => ['mxodus.yaml'], 2, 'PLAN_INVALID'],
  ])('because it %s is refused, and nothing is sent', async (_, prepare, exitCode, code) => {
    await withConfig(config);
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    const args = await prepare(await readFile(journey.plan, 'utf8'));
    expectError(await journey.run('sync', ...args), exitCode, code);
    const found = await journey.read('ann');
    expect(Object.values(found).flatMap((folder) => folder.messages)).toEqual([]);
  });
});
