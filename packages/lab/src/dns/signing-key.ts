import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes a key that `dnssec-policy default` takes up (one key for keys and zone). @returns the DS, as in a zone file */
export async function makeSigningKey(dir: string, zone: string): Promise<string> {
  const { stdout: base } = await run('/usr/bin/dnssec-keygen', ['-q', '-k', 'default', '-K', dir, zone]);
  const { stdout: ds } = await run('/usr/bin/dnssec-dsfromkey', ['-2', join(dir, `${base.trim()}.key`)]);
  const [, data = ''] = / IN DS (.*)/.exec(ds) ?? [];
  return data.trim();
}

/** The DS of a key nobody has. */
export function wrongDs(ds: string): string {
  return ds.replace(/[0-9A-F]{8}$/, (end) => (end === '00000000' ? '11111111' : '00000000'));
}
