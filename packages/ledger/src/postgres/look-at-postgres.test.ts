import { join } from 'node:path';
import { createCertificates, makeTempDir, type PostgresServer, startPostgres, type TempDir } from '@mxodus/lab';
import type { MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Database } from './database.ts';
import { openFleetStore } from './fleet-store.ts';
import { lookAtPostgres } from './look-at-postgres.ts';

let dir: TempDir;
let caFile: string;
let server: PostgresServer;
let untrusted: PostgresServer;
let plain: PostgresServer;
beforeAll(async () => {
  dir = await makeTempDir();
  const certificates = await createCertificates(join(dir.path, 'certificates'));
  caFile = certificates.caFile;
  [server, untrusted, plain] = await Promise.all([
    startPostgres({ tls: certificates.server.valid }),
    startPostgres({ tls: certificates.server['wrong-host'] }),
    startPostgres(),
  ]);
});
afterAll(async () => {
  for (const one of [server, untrusted, plain]) await one.stop();
  await dir.remove();
});

/** The error, which does not name the password. */
async function refusal(url: string): Promise<MxodusError> {
  const error: MxodusError = await lookAtPostgres(url).then(
    () => expect.fail('it was not refused'),
    (thrown: MxodusError) => thrown,
  );
  expect(JSON.stringify([error.what, error.why, error.advice])).not.toContain(new URL(url).password);
  return error;
}

it('tells the version, and whether the line has TLS; nothing is made in the database', async () => {
  const version = expect.stringMatching(/^\d+(\.\d+)?$/);
  expect(await lookAtPostgres(plain.url)).toEqual({ version, tls: false });
  expect(await lookAtPostgres(`${server.url}?sslmode=verify-full&sslrootcert=${caFile}`)).toEqual({
    version,
    tls: true,
  });
  await expect(openFleetStore({ url: plain.url, holder: 'test' }).then((store) => store.close())).resolves.toBe(
    undefined,
  );
});

it.each(['verify-full', 'verify-ca', 'require'])(
  'sslmode=%s is never less than verified, and no warning is printed',
  async (mode) => {
    const warned = vi.spyOn(process, 'emitWarning');
    const error = await refusal(`${server.url}?sslmode=${mode}`);
    expect(error).toMatchObject({ code: 'LEDGER_REFUSED', what: expect.stringContaining('no TLS connection') });
    const other = await refusal(`${untrusted.url}?sslmode=${mode}&sslrootcert=${caFile}`);
    expect(other).toMatchObject({
      code: 'LEDGER_REFUSED',
      why: expect.stringContaining("does not match certificate's altnames"),
    });
    expect((await refusal(`${plain.url}?sslmode=${mode}`)).why).toBe('The server does not support SSL connections');
    expect(warned).not.toHaveBeenCalled();
  },
);

it('says what cannot be used, and why', async () => {
  expect(await refusal(`${server.url}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem`)).toMatchObject({
    code: 'LEDGER_REFUSED',
    what: 'a file that `ledger.url` names cannot be read',
  });
  expect(await refusal(plain.url.replace(plain.password, 'hunter2hunter2'))).toMatchObject({ code: 'LEDGER_REFUSED' });
  expect(await refusal(plain.url.replace(String(plain.port), '1'))).toMatchObject({ code: 'LEDGER_UNREACHABLE' });
  const admin = new Database({ url: plain.url, schema: null, most: 1 });
  await admin.rows("create role guest login password 'guest-5150'");
  await admin.close();
  const guest = plain.url.replace(`mxodus:${plain.password}`, 'guest:guest-5150');
  expect(await refusal(guest)).toMatchObject({
    code: 'LEDGER_REFUSED',
    why: 'the user may not make schemas in this database',
  });
  expect(await refusal('mysql://a:b1b2b3@127.0.0.1/c')).toMatchObject({ code: 'LEDGER_REFUSED' });
});
