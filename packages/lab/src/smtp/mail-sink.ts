import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { CertificateFiles } from '../certificates.ts';
import type { MailDelivery } from './mail-delivery.ts';
import { responseCodeOf } from './send-by-mx.ts';

/** What an MX does with mail for an address. drop: it cuts the connection at RCPT. */
export type SinkReply = 'accept' | '550' | '451' | 'drop';

export interface ReceivedMail {
  /** With <>; null when the mail has none, or was refused before its content came. */
  messageId: string | null;
  /** RFC 3339, UTC. */
  time: string;
  recipient: string;
  accepted: boolean;
}

export interface MailSinkOptions {
  host: string;
  port: number;
  /** Mail for other domains gets 550 (relaying denied). */
  domains: readonly string[];
  /** Known addresses; others of the domains get 550. Absent: all are known. */
  recipients?: readonly string[];
  /** Answers for single addresses. May be changed while it runs: see MailSink.reply. */
  replies?: Readonly<Record<string, SinkReply>>;
  deliver: MailDelivery;
  /** Offers STARTTLS with it. */
  certificate?: CertificateFiles;
}

export interface MailSink {
  host: string;
  port: number;
  /** One row per recipient, in the order of arrival; refused ones too. */
  received: readonly ReceivedMail[];
  /** Sets the answer for an address from now on. */
  reply(address: string, reply: SinkReply): void;
  /** Makes an address known. */
  addRecipient(address: string): void;
  /** true: takes every address of its domains from now on, as a catch-all does. */
  acceptAll(all: boolean): void;
  /** Closes the port, answers what it has received whole, and cuts what is connected. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** Starts an SMTP server that is the MX of its domains. Accepts a message only when it is delivered to every recipient. */
export async function startMailSink(options: MailSinkOptions): Promise<MailSink> {
  const received: ReceivedMail[] = [];
  const known = options.recipients ? new Set(options.recipients.map((address) => address.toLowerCase())) : null;
  const replies = new Map<string, SinkReply>();
  for (const [address, reply] of Object.entries(options.replies ?? {})) replies.set(address.toLowerCase(), reply);
  let catchAll = false;
  const replyTo = (address: string): SinkReply => {
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (!options.domains.includes(domain)) return '550';
    return replies.get(address) ?? (known && !known.has(address) && !catchAll ? '550' : 'accept');
  };
  const log = (recipient: string, messageId: string | null, accepted: boolean): void => {
    received.push({ messageId, time: new Date().toISOString(), recipient, accepted });
  };
  let running = await listen(options, replyTo, log);
  return {
    host: options.host,
    port: options.port,
    received,
    reply: (address, reply) => void replies.set(address.toLowerCase(), reply),
    addRecipient: (address) => void known?.add(address.toLowerCase()),
    acceptAll: (all) => {
      catchAll = all;
    },
    stop: () => running.stop(),
    start: async () => {
      await running.stop();
      running = await listen(options, replyTo, log);
    },
  };
}

async function listen(
  options: MailSinkOptions,
  replyTo: (address: string) => SinkReply,
  log: (recipient: string, messageId: string | null, accepted: boolean) => void,
): Promise<{ stop(): Promise<void> }> {
  const sockets = new Map<string, Socket>();
  const tls = options.certificate
    ? { cert: await readFile(options.certificate.certFile), key: await readFile(options.certificate.keyFile) }
    : null;
  const receiving = new Set<Promise<void>>();
  let stopping = false;
  const receive = async (stream: Readable, session: SMTPServerSession): Promise<void> => {
    const content = await buffer(stream);
    if (stopping) throw new Error('4.3.2 Shutting down');
    const arrivedAt = new Date();
    const recipients = session.envelope.rcptTo.map(({ address }) => address.toLowerCase());
    const message = Buffer.concat([Buffer.from(trace(session, arrivedAt)), content]);
    await Promise.all(recipients.map((recipient) => options.deliver.deliver(recipient, message, arrivedAt)));
    for (const recipient of recipients) log(recipient, messageIdOf(content), true);
  };
  const server = new SMTPServer({
    name: 'mx.lab.test',
    disabledCommands: tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...tls,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 5000,
    onRcptTo: ({ address }, session, done) => {
      const recipient = address.toLowerCase();
      const reply = replyTo(recipient);
      if (reply === 'accept') return done();
      log(recipient, null, false);
      if (reply === 'drop') sockets.get(keyOf(session))?.destroy();
      return done(refusal(reply, recipient));
    },
    onData: (stream, session, done) => {
      const job = receive(stream, session)
        .then(
          () => done(),
          (error: Error) => done(Object.assign(error, { responseCode: Math.max(451, responseCodeOf(error)) })),
        )
        .finally(() => receiving.delete(job));
      receiving.add(job);
    },
  });
  server.server.on('connection', (socket: Socket) => {
    const key = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(key, socket);
    socket.once('close', () => sockets.delete(key));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  // From here on an 'error' is a client's: a cut connection. The sender sees it too, and tries again.
  server.removeAllListeners('error');
  server.on('error', () => undefined);
  let stopped: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    stopping = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Who delivered must also say so: else the sender sends it again, and the recipient has it twice.
    await Promise.all(receiving);
    for (const socket of sockets.values()) socket.destroySoon();
    await closed;
  };
  return {
    stop: () => {
      stopped ??= close();
      return stopped;
    },
  };
}

function keyOf(session: SMTPServerSession): string {
  return `${session.remoteAddress}:${session.remotePort}`;
}

function refusal(reply: '550' | '451' | 'drop', recipient: string): Error {
  const text = reply === '550' ? `5.1.1 <${recipient}>: no such user here` : '4.7.1 Greylisted, please try again later';
  return Object.assign(new Error(text), { responseCode: reply === '550' ? 550 : 451 });
}

function trace(session: SMTPServerSession, arrivedAt: Date): string {
  const sender = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
  const date = arrivedAt.toUTCString().replace('GMT', '+0000');
  const from = `from ${session.hostNameAppearsAs} ([${session.remoteAddress}])`;
  return `Return-Path: <${sender}>\r\nReceived: ${from}\r\n\tby mx.lab.test with ESMTP id ${session.id}; ${date}\r\n`;
}

function messageIdOf(message: Buffer): string | null {
  const end = message.indexOf('\r\n\r\n');
  const header = message.toString('latin1', 0, end === -1 ? message.length : end);
  return /^message-id:\s*(<[^>]*>)/im.exec(header)?.[1] ?? null;
}
