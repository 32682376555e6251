import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { queryDns } from './dns/exchange.ts';
import { updateZone, type ZoneChange } from './dns/update-zone.ts';
import type { Exchange365 } from './exchange/exchange-365.ts';
import { readMailbox, signedIn } from './imap/read-mailbox.ts';
import { startLab } from './lab.ts';
import { withTempDir } from './process/temp-dir.ts';
import { until } from './process/until.ts';
import { countArrivals, inExchange, inMaildirs } from './truth/count-arrivals.ts';

interface ProcessRow {
  pid: number;
  parent: number;
  /** Tells a process from a later one with the same pid. */
  startedAt: string;
  state: string;
}

function processes(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [{ pid: Number(name), parent: Number(fields[1]), startedAt: fields[19] ?? '', state: fields[0] ?? '' }];
      } catch {
        // It ended between the two calls.
        return [];
      }
    });
}

function descendantsOf(pid: number, all = processes()): ProcessRow[] {
  return all.filter(({ parent }) => parent === pid).flatMap((row) => [row, ...descendantsOf(row.pid, all)]);
}

function stillThere(rows: readonly ProcessRow[]): ProcessRow[] {
  const now = processes().filter(({ state }) => state !== 'Z');
  return rows.filter((row) => now.some(({ pid, startedAt }) => pid === row.pid && startedAt === row.startedAt));
}

test('a lab starts, works, stops, and leaves neither process nor folder', async () => {
  const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid));
  const lab = await startLab({ users: ['ann'] });
  expect(existsSync(lab.dir)).toBe(true);
  await signedIn(lab.old, 'ann', lab.password, (connection) => connection.command('CREATE "v1.2 release"'));
  await signedIn(lab.new, `ann*${lab.master.user}`, lab.master.password, (connection) =>
    connection.command('CREATE Sent'),
  );
  expect(Object.keys(await readMailbox(lab.old, 'ann', lab.password)).sort()).toEqual(['INBOX', 'v1.2 release']);
  const started = descendantsOf(process.pid).filter(({ pid }) => !before.has(pid));
  expect(started.length).toBeGreaterThan(10);
  await lab.stop();
  await until('all processes have ended', () => stillThere(started).length === 0);
  expect(existsSync(lab.dir)).toBe(false);
});

test('in a split, mail for the domain goes by its MX into a mailbox of Exchange, or on to a new address at the new host', async () => {
  const lab = await startLab({ users: ['ann', 'bob'], mxTtl: 1, exchange: { users: ['ann'] } });
  try {
    const { exchange, zone } = lab;
    if (exchange === null) throw new Error('no Exchange was started');
    expect(await mxOfTenant(exchange.service, zone)).toBe(exchange.mx);
    const change = (name: string, host: string): ZoneChange => ({
      zone,
      remove: [{ name, type: 'MX' }],
      add: [{ name, type: 'MX', ttl: 1, data: `0 ${host}` }],
    });
    expect(await updateZone(lab.dns.primary, lab.dns.tsig, change(`mail.${zone}`, lab.mx.new))).toBe(0);
    expect(await updateZone(lab.dns.primary, lab.dns.tsig, change(zone, exchange.mx))).toBe(0);
    await until('the secondary has both', async () => {
      const { answers } = await queryDns(lab.dns.secondary, zone, 'MX');
      return answers.some(({ data }) => data.includes(exchange.mx));
    });
    const stream = lab.startStream({ everyMs: 50 });
    await until('both have mail', () => stream.sent.length >= 4);
    await stream.stop();
    expect(stream.bounced).toEqual([]);
    expect(new Set(stream.delivered.map(({ host }) => host))).toEqual(new Set(['127.0.0.4']));
    const places = [inMaildirs(lab.new), inExchange(exchange.service, zone)];
    expect(await countArrivals(places, stream.sent)).toEqual({ arrived: stream.sent.length, lost: [], doubled: [] });
    const ofAnn = stream.sent.filter(({ recipient }) => recipient === 'ann@example.test');
    const inbox = exchange.service
      .dump('ann@example.test')
      .folders.find(({ wellKnownName }) => wellKnownName === 'inbox');
    expect(inbox?.messages.map(({ internetMessageId }) => internetMessageId).sort()).toEqual(
      ofAnn.map(({ messageId }) => messageId).sort(),
    );
    expect(inbox?.messages[0]).toMatchObject({
      isDraft: false,
      isRead: false,
      from: { address: 'friend@elsewhere.test' },
    });
    expect(lab.sinks.new.received.map(({ recipient }) => recipient)).toContain('bob@mail.example.test');
    lab.sinks.new.reply('bob@mail.example.test', '550');
    const refused = lab.startStream({ everyMs: 50, recipients: ['bob@example.test'] });
    await until('the sender knows that the last host refused it', () => refused.bounced.length > 0);
    refused.abandon();
  } finally {
    await lab.stop();
  }
});

/** As Graph tells it to whoever asks. */
async function mxOfTenant(service: Exchange365, domain: string): Promise<string | undefined> {
  const answer = request(`${service.graphUrl}/v1.0/domains/${domain}/serviceConfigurationRecords`, {
    ca: readFileSync(service.caFile),
    headers: { authorization: `Bearer ${service.token()}` },
  });
  answer.end();
  const [response] = await once(answer, 'response');
  const { value } = recordsSchema.parse(await json(response));
  return value.flatMap(({ mailExchange }) => mailExchange ?? [])[0];
}

const recordsSchema = z.object({ value: z.array(z.object({ mailExchange: z.string().optional() })) });

test('a lab that cannot start cleans up', async () => {
  const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid));
  await expect(startLab({ new: { extra: 'nonsense = 1' } })).rejects.toThrow('nonsense');
  await until('all processes have ended', () => descendantsOf(process.pid).every(({ pid }) => before.has(pid)));
});

test('withTempDir removes its folder, also when the body fails', async () => {
  let path = '';
  const failing = withTempDir(async (dir) => {
    path = dir;
    throw new Error('as planned');
  });
  await expect(failing).rejects.toThrow('as planned');
  expect(path).not.toBe('');
  expect(existsSync(path)).toBe(false);
});

test.each(['SIGKILL', 'SIGINT'] as const)(
  'an owner ended by %s takes its servers and its folder with it',
  async (signal) => {
    const program = `
    const { startLab, signedIn } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const lab = await startLab({ users: ['ann'] });
    await signedIn(lab.old, 'ann', lab.password, async (connection) => {
      await connection.command('NOOP');
      process.stdout.write(lab.dir + '\\n');
      await new Promise(() => setInterval(() => undefined, 1000));
    });
  `;
    const flags = ['--conditions=mxodus-source', '--input-type=module', '--eval', program];
    const owner = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(owner.stdout, 'data');
    const dir = String(line).trim();
    const servers = descendantsOf(owner.pid ?? -1);
    expect(servers.length).toBeGreaterThan(15);
    expect(existsSync(dir)).toBe(true);
    owner.kill(signal);
    await once(owner, 'exit');
    await until('all servers have ended', () => stillThere(servers).length === 0);
    await until('the folder is gone', () => !existsSync(dir));
  },
);
