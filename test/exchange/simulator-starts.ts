import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  type Certificates,
  createCertificates,
  type Exchange365,
  type Exchange365Options,
  makeTempDir,
  startExchange,
  type TempDir,
} from '@mxodus/lab';
import { afterAll, afterEach, beforeAll } from 'vitest';

/** Starts a simulator for one test of the file; this process trusts its certificates meanwhile. */
export function simulatorStarts(
  users: readonly string[],
): (options?: Partial<Exchange365Options>) => Promise<Exchange365> {
  let folder: TempDir;
  let certificates: Certificates;
  let m365: Exchange365 | null = null;
  const trusted = getCACertificates('default');

  beforeAll(async () => {
    folder = await makeTempDir();
    certificates = await createCertificates(join(folder.path, 'certificates'));
    setDefaultCACertificates([await readFile(certificates.caFile, 'utf8')]);
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    await folder.remove();
  });
  afterEach(async () => {
    await m365?.stop();
    m365 = null;
  });

  return async (options = {}) => {
    m365 = await startExchange({ dir: folder.path, certificates, users, ...options });
    return m365;
  };
}
