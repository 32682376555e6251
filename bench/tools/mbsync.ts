import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine } from './first-line.ts';
import type { CopyTask, Login, Tool } from './tool.ts';

const PROGRAM = '/usr/bin/mbsync';

/** Debian's isync; null: not installed. */
export function mbsync(): Tool | null {
  if (!existsSync(PROGRAM)) return null;
  const version = firstLine(spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' }));
  const doNothing = { file: PROGRAM, args: ['--version'] };
  // It adds an X-TUID header to every message, to find it again (isync 1.4.4).
  return { name: 'mbsync', version, doNothing, inexact: ['bytes', 'keywords', 'subscriptions'], prepare };
}

/** Its fastest settings are its defaults: unlimited PipelineDepth, LITERAL+. CopyArrivalDate keeps INTERNALDATE, as the others do. */
async function prepare({ home, source, destination }: CopyTask) {
  await mkdir(home, { recursive: true });
  const channel = `Channel copy
Far :old:
Near :new:
Patterns *
Create Near
Sync Pull
CopyArrivalDate yes
SyncState ${home}/
`;
  const config = join(home, 'mbsyncrc');
  await writeFile(config, `${store('old', source)}${store('new', destination)}${channel}`);
  return { pass: { file: PROGRAM, args: ['-q', '-c', config, 'copy'] }, setUpSeconds: 0 };
}

const store = (name: string, { port, user, password }: Login): string => `IMAPAccount ${name}
Host 127.0.0.1
Port ${port}
User ${user}
Pass ${password}
SSLType None
AuthMechs LOGIN

IMAPStore ${name}
Account ${name}

`;
