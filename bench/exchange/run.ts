/**
 * How close the copy into Exchange comes to four bare connections that only send the same creates, against the simulated service:
 * `npm run bench:exchange -- --messages 3000 --waits 0,40,100`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeTempDir, seedMaildirs, startDovecot } from '@mxodus/lab';
import { z } from 'zod';
import { timed } from '../measure/timed.ts';
import { say } from '../output/say.ts';
import { createsOf } from './creates-of.ts';
import { rawCreates } from './raw-creates.ts';

const PASSWORD = 'bench-pass';
const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const SERVICE = new URL('./service.ts', import.meta.url).pathname;

const service = z.object({
  tenant: z.string(),
  clientId: z.string(),
  secret: z.string(),
  graphUrl: z.string(),
  authority: z.string(),
  caFile: z.string(),
  token: z.string(),
});

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '3000' }, waits: { type: 'string', default: '0,40,100' } },
});
/** Milliseconds that the service takes for a request at least; Microsoft's takes 100 and more. */
const waits = values.waits.split(',').map(Number);
const messages = Number(values.messages);
const temp = await makeTempDir();
const old = await startDovecot({
  dir: join(temp.path, 'old'),
  name: 'old',
  password: PASSWORD,
  maxUserIpConnections: 50,
});
try {
  await seedMaildirs({
    server: old,
    users: ['ann'],
    messagesPerUser: messages,
    hostile: false,
    folders: 4,
    largestBytes: 900_000,
  });
  const creates = await createsOf(await bodies(old.home('ann')));
  say(
    '| wait a request | raw, 4 connections | mxodus | of raw | CPU a message | peak | second pass |\n|---|---|---|---|---|---|---|',
  );
  for (const latency of waits) say(await measure(latency, creates));
} finally {
  await old.stop();
  await temp.remove();
}

async function measure(latencyMs: number, creates: readonly string[]): Promise<string> {
  const users = ['raw@example.test', 'ann@example.test'];
  const dir = join(temp.path, `m365-${latencyMs}`);
  const child = fork(SERVICE, [dir, String(latencyMs), ...users], { execArgv: ['--conditions=mxodus-source'] });
  try {
    const [told] = await once(child, 'message');
    const m365 = service.parse(told);
    const ca = await readFile(m365.caFile, 'utf8');
    const raw = await rawCreates(creates, { ...m365, ca, user: 'raw@example.test' });
    const config = join(dir, 'mxodus.yaml');
    await writeFile(config, configText(m365));
    const run = (...args: string[]) => ({
      file: process.execPath,
      args: ['--max-semi-space-size=8', CLI, ...args],
      cwd: dir,
      env: { OLD_PW: PASSWORD, M365_SECRET: m365.secret },
    });
    const start = await timed(run('--version'));
    await timed(run('plan'));
    const copy = await timed(run('sync', 'bench.plan.json'));
    const again = await timed(run('sync', 'bench.plan.json'));
    const seconds = copy.seconds - start.seconds;
    const row = [
      `${latencyMs} ms`,
      `${Math.round(messages / raw)} messages/s`,
      `${Math.round(messages / seconds)} messages/s`,
      `${Math.round((100 * raw) / seconds)} %`,
      `${((1000 * (copy.cpuSeconds - start.cpuSeconds)) / messages).toFixed(1)} ms`,
      `${copy.peakMegabytes} MB`,
      `${again.seconds.toFixed(2)} s`,
    ];
    return `| ${row.join(' | ')} |`;
  } finally {
    child.disconnect();
  }
}

async function bodies(home: string): Promise<Buffer[]> {
  const entries = await readdir(join(home, 'Maildir'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\/(cur|new)$/.test(entry.parentPath));
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))));
}

function configText(m365: z.output<typeof service>): string {
  return `version: 1
project: bench
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${old.port}, tls: none }
  m365: { kind: exchange, tenant: ${m365.tenant}, client_id: ${m365.clientId}, credential: { secret: { env: M365_SECRET } },
          graph_url: "${m365.graphUrl}", authority: "${m365.authority}", ca: ${m365.caFile},
          limits: { requests: 1000000000, upload: 1000GB } }
mailboxes:
  - { address: ann@example.test, source: old, user: ann, password: { env: OLD_PW } }
assign:
  - { match: "*", to: m365 }
`;
}
