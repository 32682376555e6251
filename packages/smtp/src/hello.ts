import type { SmtpGreeting, SmtpTarget } from '@mxodus/model';
import { certificateOf } from './certificate.ts';
import { type ConnectionLimits, SmtpConnection } from './connection.ts';
import { LineEnd, NoWayThere, whyEnded } from './line-end.ts';
import { type Reply, replyText } from './reply-reader.ts';

export type Greeted = Extract<SmtpGreeting, { kind: 'greeted' }>;

/** A host that said hello, ready for MAIL. */
export interface Session {
  connection: SmtpConnection;
  greeting: Greeted;
}

export interface HelloOptions extends ConnectionLimits {
  /** The name to say. */
  helo: string;
}

/**
 * Connects and says EHLO, or HELO where that is not known (RFC 5321 section 3.2), and STARTTLS where it is offered. As senders do, goes
 * on without TLS where it fails, over a new connection; `greeting.tls` says why it failed. Rejects with LineEnd.
 */
export async function sayHello(target: SmtpTarget, options: HelloOptions): Promise<Session> {
  const session = await attempt(target, options, true);
  if (session.connection !== null) return { connection: session.connection, greeting: session.greeting };
  const again = await attempt(target, options, false);
  if (again.connection === null) throw new LineEnd('it closed the connection');
  return { connection: again.connection, greeting: { ...again.greeting, tls: session.greeting.tls } };
}

/** What a host says of itself, whether or not TLS works. */
export async function greet(target: SmtpTarget, options: HelloOptions): Promise<SmtpGreeting> {
  try {
    const { connection, greeting } = await attempt(target, options, true);
    await connection?.quit();
    return greeting;
  } catch (error) {
    return { kind: 'unreachable', blocked: error instanceof NoWayThere, why: whyEnded(error) };
  }
}

/** `connection` is null where STARTTLS was agreed on and failed: nothing can be said on it any more. */
async function attempt(
  target: SmtpTarget,
  options: HelloOptions,
  withTls: boolean,
): Promise<{ connection: SmtpConnection | null; greeting: Greeted }> {
  const connection = await SmtpConnection.open(target, options);
  try {
    const banner = await connection.reply();
    if (banner.code !== 220) throw new LineEnd(`it greets with ${replyText(banner)}`);
    const plain = greetingOf(banner, await hello(connection, options.helo), null);
    if (!withTls || !plain.extensions.includes('STARTTLS')) return { connection, greeting: plain };
    const agreed = await connection.command('STARTTLS');
    if (agreed.code !== 220) {
      return { connection, greeting: { ...plain, tls: `it refuses STARTTLS: ${replyText(agreed)}` } };
    }
    return await secured(connection, { banner, plain, helo: options.helo });
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function secured(
  connection: SmtpConnection,
  { banner, plain, helo }: { banner: Reply; plain: Greeted; helo: string },
): Promise<{ connection: SmtpConnection | null; greeting: Greeted }> {
  try {
    const socket = await connection.startTls();
    const certificate = certificateOf(socket);
    if (certificate === null) throw new LineEnd('it shows no certificate');
    const tls = { version: socket.getProtocol() ?? 'TLS', certificate };
    // What was said before TLS counts no more (RFC 3207 section 4.2).
    return { connection, greeting: greetingOf(banner, await hello(connection, helo), tls) };
  } catch (error) {
    connection.close();
    return { connection: null, greeting: { ...plain, tls: whyEnded(error) } };
  }
}

async function hello(connection: SmtpConnection, helo: string): Promise<Reply> {
  const extended = await connection.command(`EHLO ${helo}`);
  if (extended.code === 250) return extended;
  const why = `it answers EHLO with ${replyText(extended)}`;
  if (extended.code < 500) throw new LineEnd(why);
  const plain = await connection.command(`HELO ${helo}`);
  if (plain.code !== 250) throw new LineEnd(`${why}, HELO with ${replyText(plain)}`);
  // It has no extensions: what follows its name is talk.
  return { code: plain.code, lines: plain.lines.slice(0, 1) };
}

function greetingOf(banner: Reply, { lines: [first = '', ...rest] }: Reply, tls: Greeted['tls']): Greeted {
  const extensions = rest.map((line) => line.trim().toUpperCase()).filter(Boolean);
  const size = extensions.map((line) => /^SIZE (\d{1,15})$/.exec(line)?.[1]).find((digits) => digits !== undefined);
  return {
    kind: 'greeted',
    banner: firstWord(banner.lines[0] ?? ''),
    ehlo: firstWord(first),
    extensions,
    // 0: no fixed limit (RFC 1870 section 4).
    sizeLimit: size === undefined || Number(size) === 0 ? null : Number(size),
    tls,
  };
}

function firstWord(text: string): string {
  return text.trim().split(/\s/)[0] ?? '';
}
