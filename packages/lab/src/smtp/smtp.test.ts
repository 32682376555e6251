import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { updateZone } from '../dns/update-zone.ts';
import { openRawConnection, quoted } from '../imap/raw-connection.ts';
import { readMailbox } from '../imap/read-mailbox.ts';
import { type Lab, startLab } from '../lab.ts';
import { until } from '../process/until.ts';
import type { MailSink } from './mail-sink.ts';

/** The Message-IDs in a user's INBOX, sorted. */
async function idsAt(server: { host: string; port: number }, user: string, password: string): Promise<string[]> {
  const connection = await openRawConnection(server);
  const ids: string[] = [];
  await connection.command(`LOGIN ${user} ${quoted(password)}`);
  await connection.command('EXAMINE INBOX');
  await connection.command('UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])', (response) => {
    for (const piece of response) {
      if (typeof piece === 'object' && piece.kind === 'bytes') {
        const id = /<[^>]+>/.exec(piece.bytes.toString('latin1'))?.[0];
        if (id) ids.push(id);
      }
    }
  });
  connection.close();
  return ids.sort();
}

async function send(sink: MailSink, to: string): Promise<string> {
  const transport = createTransport({ host: sink.host, port: sink.port, ignoreTLS: true });
  try {
    const raw = 'Message-ID: <one@test>\r\nSubject: One\r\n\r\n.leading dot\r\n';
    return (await transport.sendMail({ envelope: { from: 'me@elsewhere.test', to }, raw })).response;
  } finally {
    transport.close();
  }
}

describe('mail sinks and streams', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ users: ['ann', 'bob', 'carol'], mxTtl: 1 });
  });
  afterAll(async () => {
    await lab.stop();
  });

  test('a sink delivers to the INBOX that IMAP shows, with the arrival as INTERNALDATE', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    await expect(send(lab.sinks.old, 'ann@example.test')).resolves.toMatch(/^250/);
    const folders = await readMailbox(lab.old, 'ann', lab.password);
    const date = Date.parse(folders.INBOX?.messages[0]?.internalDate ?? '');
    expect(date).toBeGreaterThanOrEqual(before);
    expect(date).toBeLessThanOrEqual(Date.now());
    expect(lab.sinks.old.received).toMatchObject([
      { messageId: '<one@test>', recipient: 'ann@example.test', accepted: true },
    ]);
    expect((await readMailbox(lab.new, 'ann', lab.password)).INBOX?.messages).toEqual([]);
  });

  test('a sink refuses what it is told to, unknown addresses and foreign domains', async () => {
    const sink = lab.sinks.new;
    sink.reply('bob@example.test', '550');
    await expect(send(sink, 'bob@example.test')).rejects.toMatchObject({ responseCode: 550 });
    sink.reply('bob@example.test', '451');
    await expect(send(sink, 'bob@example.test')).rejects.toMatchObject({ responseCode: 451 });
    sink.reply('bob@example.test', 'drop');
    await expect(send(sink, 'bob@example.test')).rejects.not.toHaveProperty('responseCode');
    sink.reply('bob@example.test', 'accept');
    await expect(send(sink, 'bob@example.test')).resolves.toMatch(/^250/);
    await expect(send(sink, 'nobody@example.test')).rejects.toMatchObject({ responseCode: 550 });
    sink.addRecipient('nobody@example.test');
    await expect(send(sink, 'nobody@example.test')).resolves.toMatch(/^250/);
    await expect(send(sink, 'ann@foreign.test')).rejects.toMatchObject({ responseCode: 550 });
    await sink.stop();
    await expect(send(sink, 'ann@example.test')).rejects.toMatchObject({ code: 'ESOCKET' });
    await sink.start();
    expect(sink.received.filter(({ accepted }) => accepted)).toHaveLength(2);
    expect(sink.received.filter(({ accepted }) => !accepted)).toHaveLength(5);
  });

  test('a stream follows the MX over a switch, waits out a dead host, and loses nothing', async () => {
    const already = new Map<string, string[]>();
    for (const user of lab.users) {
      already.set(user, [...(await idsAt(lab.old, user, lab.password)), ...(await idsAt(lab.new, user, lab.password))]);
    }
    const stream = lab.startStream({ everyMs: 20 });
    await until('mail arrives at the old host', () => stream.delivered.length > 5);
    expect(stream.delivered.every(({ host }) => host === '127.0.0.2')).toBe(true);
    await lab.sinks.old.stop();
    await until('mail is queued', () => stream.queued > 0 && stream.lastDelay !== null);
    await lab.sinks.old.start();
    lab.sinks.new.reply('carol@example.test', '550');
    const rcode = await updateZone(lab.dns.primary, lab.dns.tsig, {
      zone: lab.zone,
      remove: [{ name: lab.zone, type: 'MX' }],
      add: [{ name: lab.zone, type: 'MX', ttl: 1, data: `10 ${lab.mx.new}` }],
    });
    expect(rcode).toBe(0);
    await until('mail arrives at the new host', () => stream.delivered.some(({ host }) => host === '127.0.0.3'));
    await until('one is refused', () => stream.bounced.length > 0);
    lab.sinks.new.reply('bob@example.test', '451');
    await until('one is put off', () => stream.lastDelay?.includes('Greylisted') ?? false);
    lab.sinks.new.reply('bob@example.test', 'accept');
    await stream.stop();
    expect(stream.queued).toBe(0);
    expect(stream.delivered.length + stream.bounced.length).toBe(stream.sent.length);
    expect(new Set(stream.bounced.map(({ recipient }) => recipient))).toEqual(new Set(['carol@example.test']));
    for (const user of lab.users) {
      const expected = stream.delivered
        .filter(({ recipient }) => recipient.startsWith(user))
        .map(({ messageId }) => messageId);
      const arrived = [...(await idsAt(lab.old, user, lab.password)), ...(await idsAt(lab.new, user, lab.password))];
      expect(arrived.sort()).toEqual([...expected, ...(already.get(user) ?? [])].sort());
    }
  });

  test('a sticky stream stays with the MX it knows, and says so when mail cannot leave', async () => {
    const stream = lab.startStream({ everyMs: 50, profile: 'sticky', stickySeconds: 60 });
    await until('mail arrives at the new host', () => stream.delivered.length > 0);
    await updateZone(lab.dns.primary, lab.dns.tsig, {
      zone: lab.zone,
      remove: [{ name: lab.zone, type: 'MX' }],
      add: [{ name: lab.zone, type: 'MX', ttl: 1, data: `10 ${lab.mx.old}` }],
    });
    const honest = lab.startStream({ everyMs: 50 });
    await until('others know the other MX', () => honest.delivered.some(({ host }) => host === '127.0.0.2'));
    await honest.stop();
    expect(stream.delivered.every(({ host }) => host === '127.0.0.3')).toBe(true);
    await lab.sinks.new.stop();
    await until('mail is queued', () => stream.queued > 0);
    await expect(stream.stop(100)).rejects.toThrow('still queued');
  });
});
