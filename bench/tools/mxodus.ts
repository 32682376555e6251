import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timed } from '../measure/timed.ts';
import type { CopyTask, Login, Tool } from './tool.ts';

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const MANIFEST = new URL('../../apps/cli/package.json', import.meta.url);

/** mxodus as a user's shell starts it; no limit or number of connections is set. */
export async function mxodus(): Promise<Tool> {
  const { version }: { version: string } = JSON.parse(await readFile(MANIFEST, 'utf8'));
  const doNothing = { file: CLI, args: ['--version'] };
  return { name: 'mxodus', version: `mxodus ${version}`, doNothing, inexact: [], prepare };
}

async function prepare({ home, source, destination }: CopyTask) {
  await mkdir(home, { recursive: true });
  await writeFile(
    join(home, 'mxodus.yaml'),
    `version: 1
project: bench
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${source.port}, tls: none }
  new: { kind: imap, host: 127.0.0.1, port: ${destination.port}, tls: none }
mailboxes:
  - ${mailbox(source, destination)}
assign:
  - { match: "*", to: new }
`,
  );
  const env = { OLD_PW: source.password, NEW_PW: destination.password };
  const run = (...args: string[]) => ({
    file: CLI,
    args: [...args, '--progress', 'quiet'],
    cwd: home,
    env,
  });
  const { seconds } = await timed(run('plan'));
  return { pass: run('sync', 'bench.plan.json'), setUpSeconds: seconds };
}

const mailbox = (source: Login, destination: Login): string =>
  `{ address: bench@example.test, source: old, user: ${source.user}, password: { env: OLD_PW }, destination: { user: ${destination.user}, password: { env: NEW_PW } } }`;
