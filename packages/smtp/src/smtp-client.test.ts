import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type Certificates,
  createCertificates,
  freePort,
  type MailSink,
  type MailSinkOptions,
  makeTempDir,
  startMailSink,
  type TempDir,
} from '@mxodus/lab';
import type { SmtpTarget } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RawServer, startHost } from './raw-server.test.support.ts';
import { createSmtpClient } from './smtp-client.ts';

const { signal } = new AbortController();
const RAW = Buffer.from('Subject: One\r\nMessage-ID: <one@test>\r\n\r\n.leading\r\n..two\r\nin.side\r\n.\r\nend');

describe('against a mail server', () => {
  let dir: TempDir;
  let certificates: Certificates;
  const sinks: MailSink[] = [];
  const delivered: { recipient: string; message: string }[] = [];
  const startSink = async (over: Partial<MailSinkOptions> = {}): Promise<{ sink: MailSink; target: SmtpTarget }> => {
    const port = await freePort();
    const sink = await startMailSink({
      host: '127.0.0.1',
      port,
      domains: ['example.test'],
      recipients: ['ann@example.test', 'bob@example.test'],
      deliver: {
        deliver: async (recipient, message) => {
          delivered.push({ recipient, message: message.toString('latin1') });
        },
      },
      ...over,
    });
    sinks.push(sink);
    return { sink, target: { host: 'localhost', address: '127.0.0.1', port } };
  };
  const clientOf = async () =>
    createSmtpClient({
      helo: 'probe.test',
      timeoutMs: 5000,
      pauseMs: 0,
      tls: { ca: await readFile(certificates.caFile) },
    });

  beforeAll(async () => {
    dir = await makeTempDir();
    certificates = await createCertificates(dir.path);
  });
  afterAll(async () => {
    await Promise.all(sinks.map((sink) => sink.stop()));
    await dir.remove();
  });

  test('greets, upgrades to TLS and describes the certificate as TLSA records name it', async () => {
    const { target } = await startSink({ certificate: certificates.server.valid });
    const greeting = await (await clientOf()).greet(target, signal);
    const certificate = new X509Certificate(await readFile(certificates.server.valid.certFile));
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(greeting).toMatchObject({
      kind: 'greeted',
      banner: 'mx.lab.test',
      ehlo: 'mx.lab.test',
      sizeLimit: null,
      tls: {
        version: 'TLSv1.3',
        certificate: {
          names: ['localhost'],
          validTo: Date.parse('2049-12-31T23:59:59Z'),
          fault: null,
          sha256: sha256(certificate.raw),
          publicKeySha256: sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })),
        },
      },
    });
    expect(greeting).toHaveProperty('extensions', expect.arrayContaining(['PIPELINING', '8BITMIME']));
  });

  test.each([
    ['expired', 'it has expired'],
    ['wrong-host', 'it is for another host'],
    ['self-signed', 'it is self-signed'],
  ] as const)('a certificate that is %s is noted, and recipients are asked all the same', async (kind, fault) => {
    const { target } = await startSink({ certificate: certificates.server[kind] });
    const client = await clientOf();
    expect(await client.greet(target, signal)).toHaveProperty('tls.certificate.fault', fault);
    const answers = await client.recipients(target, ['ann@example.test'], signal);
    expect(answers.get('ann@example.test')).toMatchObject({ kind: 'accepted', code: 250 });
  });

  test('asks for every address, over several connections, and sends no mail', async () => {
    const known = Array.from({ length: 23 }, (_, index) => `user${index}@example.test`);
    const { sink, target } = await startSink({ recipients: known });
    sink.reply('user3@example.test', '451');
    sink.reply('user5@example.test', 'drop');
    const client = await clientOf();
    const asked = [...known, 'nobody@example.test', 'ann@foreign.test', 'a b@example.test', 'x@example.test>\r\nDATA'];
    const answers = await client.recipients(target, asked, signal);
    expect([...answers.keys()].sort()).toEqual(asked.toSorted());
    const others = [...answers]
      .filter(([, { kind }]) => kind !== 'accepted')
      .map(([address, { kind }]) => [address, kind]);
    expect(Object.fromEntries(others)).toEqual({
      'user3@example.test': 'later',
      'user5@example.test': 'unasked',
      'nobody@example.test': 'refused',
      'ann@foreign.test': 'refused',
      'a b@example.test': 'unasked',
      'x@example.test>\r\nDATA': 'unasked',
    });
    expect(answers.get('nobody@example.test')).toEqual({
      kind: 'refused',
      code: 550,
      text: '550 5.1.1 <nobody@example.test>: no such user here',
    });
    expect(sink.received.filter(({ accepted }) => accepted)).toEqual([]);
  });

  test('sends a message so that it arrives byte for byte', async () => {
    const { sink, target } = await startSink({ certificate: certificates.server['self-signed'] });
    const client = await clientOf();
    const mail = { from: 'me@elsewhere.test', to: 'bob@example.test', raw: RAW };
    expect(await client.send(target, mail, signal)).toMatchObject({ kind: 'accepted', code: 250 });
    const [arrived] = delivered.splice(0);
    expect(arrived?.recipient).toBe('bob@example.test');
    expect(arrived?.message.endsWith(`\r\n${RAW.toString('latin1')}\r\n`)).toBe(true);
    expect(await client.send(target, { ...mail, to: 'nobody@example.test' }, signal)).toMatchObject({
      kind: 'refused',
    });
    sink.reply('bob@example.test', '451');
    expect(await client.send(target, mail, signal)).toMatchObject({ kind: 'later', code: 451 });
    sink.reply('bob@example.test', 'drop');
    expect(await client.send(target, mail, signal)).toMatchObject({ kind: 'unreachable' });
    await sink.stop();
    expect(await client.send(target, mail, signal)).toEqual({ kind: 'unreachable', why: 'it refuses the connection' });
    expect(await client.greet(target, signal)).toEqual({
      kind: 'unreachable',
      blocked: false,
      why: 'it refuses the connection',
    });
    expect(delivered).toEqual([]);
  });
});

describe('against hosts of many kinds', () => {
  const client = createSmtpClient({ helo: 'probe.test', timeoutMs: 2000, pauseMs: 0 });

  test('speaks HELO to a host without extensions, and one command at a time', async () => {
    const host = await startHost({
      banner: '220-mx.old.test\r\n220 welcome',
      answer: (line) => {
        if (line.startsWith('EHLO')) return '502 what?\r\n';
        if (line.startsWith('HELO')) return '250-old.test\r\n250 STARTTLS\r\n';
        return line === 'RCPT TO:<b@x.test>' ? '550-5.1.1 no\r\n550 5.1.1 such user\r\n' : undefined;
      },
    });
    const greeting = await client.greet(host.target, signal);
    expect(greeting).toMatchObject({ banner: 'mx.old.test', ehlo: 'old.test', extensions: [], tls: null });
    const answers = await client.recipients(host.target, ['a@x.test', 'b@x.test', 'ä@x.test'], signal);
    await host.stop();
    expect(Object.fromEntries(answers)).toEqual({
      'a@x.test': { kind: 'accepted', code: 250, text: '250 ok' },
      'b@x.test': { kind: 'refused', code: 550, text: '550 5.1.1 no 5.1.1 such user' },
      'ä@x.test': { kind: 'unasked', why: 'the host does not know SMTPUTF8 (RFC 6531)' },
    });
    expect(host.lines.slice(3)).toEqual([
      ...['EHLO probe.test', 'HELO probe.test'],
      ...['MAIL FROM:<>', 'RCPT TO:<a@x.test>', 'RSET', 'MAIL FROM:<>', 'RCPT TO:<b@x.test>', 'RSET', 'QUIT'],
    ]);
  });

  test('opens two connections at once to one address, with a pause between, and no more', async () => {
    const begun: number[] = [];
    let most = 0;
    const host: RawServer = await startHost({
      answer: (line) => {
        if (line.startsWith('EHLO')) begun.push(performance.now());
        most = Math.max(most, host.open);
        return undefined;
      },
    });
    const polite = createSmtpClient({ helo: 'probe.test', timeoutMs: 5000, pauseMs: 60 });
    const ask = (at: AbortSignal) => polite.recipients(host.target, ['a@x.test'], at);
    await Promise.all([ask(signal), polite.greet(host.target, signal), ask(signal), ask(signal)]);
    expect(most).toBeLessThanOrEqual(2);
    expect((begun[3] ?? 0) - (begun[0] ?? 0)).toBeGreaterThan(150);
    const given = new AbortController();
    const waiting = ask(given.signal);
    given.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await host.stop();
    expect(host.connections).toBe(4);
  });

  test('asks again as postmaster where the null sender is refused', async () => {
    const host = await startHost({ answer: (line) => (line === 'MAIL FROM:<>' ? '550 5.1.0 no\r\n' : undefined) });
    const answers = await client.recipients(host.target, ['a@x.test', 'b@x.test'], signal);
    await host.stop();
    expect([...answers.values()].map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    expect(host.lines.filter((line) => line.startsWith('MAIL'))).toEqual([
      'MAIL FROM:<>',
      ...['MAIL FROM:<postmaster@probe.test>', 'MAIL FROM:<postmaster@probe.test>'],
    ]);
  });

  test.each([
    ['refused for good', '554 5.7.1 not you\r\n', { kind: 'unasked', why: 'it answers MAIL with 554 5.7.1 not you' }],
    ['put off', '451 4.3.0 busy\r\n', { kind: 'later', code: 451, text: '451 4.3.0 busy' }],
  ])('any sender %s', async (_, reply, expected) => {
    const host = await startHost({ answer: (line) => (line.startsWith('MAIL') ? reply : undefined) });
    const answers = await client.recipients(host.target, ['a@x.test', 'b@x.test'], signal);
    await host.stop();
    expect([...answers.values()]).toEqual([expected, expected]);
  });

  test('goes on without TLS where STARTTLS fails, and says why', async () => {
    const ehlo = '250-mx.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n';
    const refusing = await startHost({ ehlo, answer: (line) => (line === 'STARTTLS' ? '454 not now\r\n' : undefined) });
    expect(await client.greet(refusing.target, signal)).toMatchObject({
      sizeLimit: 1000,
      tls: 'it refuses STARTTLS: 454 not now',
    });
    await refusing.stop();
    const broken = await startHost({ ehlo, answer: (line) => (line === 'STARTTLS' ? '220 go\r\n' : undefined) });
    const garbage = await startHost({
      ehlo,
      answer: (line, socket) => {
        if (line === 'STARTTLS') setImmediate(() => socket.write('no TLS at all, at all, at all, at all\r\n'));
        return line === 'STARTTLS' ? '220 go\r\n' : undefined;
      },
    });
    const hasty = await startHost({
      ehlo,
      answer: (line) => (line === 'STARTTLS' ? '220 go\r\n250 ok\r\n' : undefined),
    });
    const impatient = createSmtpClient({ helo: 'probe.test', timeoutMs: 300, pauseMs: 0 });
    expect(await impatient.greet(broken.target, signal)).toHaveProperty('tls', 'TLS was not ready in time');
    expect(await client.greet(hasty.target, signal)).toHaveProperty(
      'tls',
      'it sent more than its answer before TLS began',
    );
    expect(await client.greet(garbage.target, signal)).toHaveProperty(
      'tls',
      expect.stringContaining('connection broke'),
    );
    const answers = await client.recipients(garbage.target, ['a@x.test'], signal);
    expect(answers.get('a@x.test')).toMatchObject({ kind: 'accepted' });
    expect(garbage.lines.filter((line) => line === 'STARTTLS')).toHaveLength(2);
    await Promise.all([broken, hasty, garbage].map((host) => host.stop()));
  });
});
