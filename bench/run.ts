import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Dovecot, makeTempDir, seedMaildirs, startDovecot } from '@mxodus/lab';

/**
 * The benchmark: mbsync (Debian's isync) and mxodus copy the same mailbox between the same two Dovecots, in turn, in one run.
 * Prints a table of medians and ratios and writes it, with machine and versions, to bench/results/.
 *
 *   npm run bench -- [--messages 20000] [--runs 2] [--median-bytes 6000]
 */

const PASSWORD = 'bench-pass';
const CLI = new URL('../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const RESULTS = new URL('results/', import.meta.url).pathname;

interface Measured {
  seconds: number;
  peakMegabytes: number;
}

interface Servers {
  dir: string;
  old: Dovecot;
  new: Dovecot;
}

interface Row {
  tool: string;
  first: Measured[];
  again: Measured[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '20000' },
      runs: { type: 'string', default: '2' },
      'median-bytes': { type: 'string', default: '6000' },
    },
  });
  if (!existsSync('/usr/bin/mbsync')) throw new Error('mbsync is not installed: npm run setup -- --with bench');
  const [messages, runs] = [Number(values.messages), Number(values.runs)];
  const temp = await makeTempDir();
  const open = async (name: string) =>
    startDovecot({ dir: join(temp.path, name), name, password: PASSWORD, saveCrlf: true, maxUserIpConnections: 50 });
  const servers: Servers = { dir: temp.path, old: await open('old'), new: await open('new') };
  try {
    const bytes = await seed(servers, messages, Number(values['median-bytes']));
    say(`${messages} messages, ${(bytes / 1e6).toFixed(0)} MB, ${runs} runs of each tool in turn`);
    const rows: Row[] = [
      { tool: 'mbsync', first: [], again: [] },
      { tool: 'mxodus', first: [], again: [] },
    ];
    for (let run = 1; run <= runs; run += 1) {
      for (const row of rows) await measure(row, servers, `${row.tool}${run}`);
    }
    const table = tableOf(rows, messages);
    say(table);
    await save({ messages, bytes, runs, table, rows });
  } finally {
    await servers.old.stop();
    await servers.new.stop();
    await temp.remove();
  }
}

async function seed(servers: Servers, messages: number, medianBytes: number): Promise<number> {
  const truth = await seedMaildirs({
    server: servers.old,
    users: ['bench'],
    messagesPerUser: messages,
    hostile: false,
    medianBytes,
    largestBytes: 5_000_000,
  });
  const folders = Object.values(truth.users.bench?.folders ?? {});
  return folders.flatMap((folder) => folder.messages).reduce((sum, message) => sum + message.bytes, 0);
}

async function measure(row: Row, servers: Servers, user: string): Promise<void> {
  const command = row.tool === 'mbsync' ? await mbsync(servers, user) : await mxodus(servers, user);
  row.first.push(await timed(command));
  row.again.push(await timed(command));
  say(
    `${user}: first ${row.first.at(-1)?.seconds.toFixed(2)} s, again ${row.again.at(-1)?.seconds.toFixed(2)} s, peak ${row.first.at(-1)?.peakMegabytes} MB`,
  );
}

type Command = () => ChildProcess;

async function mbsync({ dir, old, new: target }: Servers, user: string): Promise<Command> {
  const state = join(dir, `state-${user}`);
  await mkdir(state);
  const store = (name: string, server: Dovecot, login: string): string =>
    `IMAPAccount ${name}\nHost 127.0.0.1\nPort ${server.port}\nUser ${login}\nPass ${PASSWORD}\nSSLType None\nAuthMechs LOGIN\n\nIMAPStore ${name}\nAccount ${name}\n\n`;
  const config = join(state, 'mbsyncrc');
  const channel = `Channel copy\nFar :old:\nNear :new:\nPatterns *\nCreate Near\nSync Pull\nCopyArrivalDate yes\nSyncState ${state}/\n`;
  await writeFile(config, `${store('old', old, 'bench')}${store('new', target, user)}${channel}`);
  return () => spawn('/usr/bin/mbsync', ['-q', '-c', config, 'copy'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function mxodus({ dir, old, new: target }: Servers, user: string): Promise<Command> {
  const home = join(dir, `state-${user}`);
  await mkdir(home);
  const server = ({ port }: Dovecot): string => `{ kind: imap, host: 127.0.0.1, port: ${port}, tls: none }`;
  await writeFile(
    join(home, 'mxodus.yaml'),
    `version: 1\nproject: bench\nservers:\n  old: ${server(old)}\n  new: ${server(target)}\nmailboxes:\n  - { address: bench@example.test, source: old, user: bench, password: { env: PW }, destination: { user: ${user}, password: { env: PW } } }\nassign:\n  - { match: "*", to: new }\n`,
  );
  const run = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [CLI, ...args], {
      cwd: home,
      env: { ...process.env, PW: PASSWORD },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const [code] = await once(run('plan', '--progress', 'quiet'), 'close');
  if (code !== 0) throw new Error(`mxodus plan ended with ${code}`);
  return () => run('sync', 'bench.plan.json', '--progress', 'quiet');
}

/** Wall-clock seconds, and the peak of the resident set by the kernel's own count (VmHWM). */
async function timed(command: Command): Promise<Measured> {
  const started = performance.now();
  const child = command();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, residentPeak(child.pid))), 20);
  const [code] = await once(child, 'close');
  clearInterval(watch);
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, peakMegabytes: Math.round(peak / 1024) };
}

function residentPeak(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // The process ended between two looks.
    return 0;
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function tableOf(rows: readonly Row[], messages: number): string {
  const rate = (row: Row): number => messages / median(row.first.map((run) => run.seconds));
  const base = rows[0] === undefined ? 1 : rate(rows[0]);
  const lines = rows.map((row) => {
    const again = median(row.again.map((run) => run.seconds)).toFixed(2);
    const peak = Math.max(...row.first.map((run) => run.peakMegabytes));
    return `| ${row.tool} | ${rate(row).toFixed(0)} | ${(rate(row) / base).toFixed(2)} x | ${again} | ${peak} |`;
  });
  return [
    '| tool | first copy, messages/s | ratio | no-change pass, s | peak memory, MB |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

async function save(result: {
  messages: number;
  bytes: number;
  runs: number;
  table: string;
  rows: readonly Row[];
}): Promise<void> {
  const when = new Date().toISOString();
  const mbsyncVersion = await output('/usr/bin/mbsync', ['--version']);
  const dovecotVersion = await output('/usr/sbin/dovecot', ['--version']);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const text = `# First copy, Dovecot to Dovecot on loopback\n\n${result.messages} messages, ${(result.bytes / 1e6).toFixed(0)} MB, ${result.runs} runs of each tool in turn; medians, whole processes.\n\n${result.table}\n\n${when} · ${machine} · Node ${process.versions.node} · ${mbsyncVersion} · Dovecot ${dovecotVersion}\n\nCommand: \`npm run bench -- --messages ${result.messages} --runs ${result.runs}\`\n`;
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'latest.md'), text);
  await rm(join(RESULTS, 'latest.json'), { force: true });
  await writeFile(
    join(RESULTS, 'latest.json'),
    `${JSON.stringify({ when, machine, node: process.versions.node, ...result, table: undefined }, null, 2)}\n`,
  );
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return text.split('\n')[0]?.trim() ?? '';
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

await main();
