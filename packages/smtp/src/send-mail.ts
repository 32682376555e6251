import type { SendAnswer, SmtpTarget } from '@mxodus/model';
import { pathOf } from './address.ts';
import type { SmtpConnection } from './connection.ts';
import { type HelloOptions, type Session, sayHello } from './hello.ts';
import { whyEnded } from './line-end.ts';
import { type Reply, replyText } from './reply-reader.ts';

/** Sends one message to one recipient. Rejects only with the reason of the signal. */
export async function sendMail(
  target: SmtpTarget,
  { from, to, raw }: { from: string; to: string; raw: Buffer },
  options: HelloOptions,
): Promise<SendAnswer> {
  const [sender, recipient] = [from === '' ? { path: '', needsUtf8: false } : pathOf(from), pathOf(to)];
  if (sender === null || recipient === null) {
    return { kind: 'unreachable', why: `${sender === null ? from : to} is no address that can be sent to` };
  }
  let session: Session;
  try {
    session = await sayHello(target, options);
  } catch (error) {
    options.signal.throwIfAborted();
    return { kind: 'unreachable', why: whyEnded(error) };
  }
  const { connection, greeting } = session;
  const parameters = parametersOf(raw, greeting.extensions, sender.needsUtf8 || recipient.needsUtf8);
  try {
    const steps = [`MAIL FROM:<${sender.path}>${parameters}`, `RCPT TO:<${recipient.path}>`, 'DATA'];
    for (const line of steps) {
      const reply = await connection.command(line);
      const agreed = line === 'DATA' ? reply.code === 354 : reply.code >= 200 && reply.code < 300;
      if (!agreed)
        return definite(reply) ?? { kind: 'unreachable', why: `it answers ${line} with ${replyText(reply)}` };
    }
    await connection.write(dotStuffed(raw));
    // It may have refused the message before its end, and is not told that this is the end.
    const early = connection.said();
    if (early !== null) {
      connection.close();
      return definite(early) ?? { kind: 'unreachable', why: `it answers too early: ${replyText(early)}` };
    }
    return await afterTheDot(connection);
  } catch (error) {
    options.signal.throwIfAborted();
    return { kind: 'unreachable', why: whyEnded(error) };
  } finally {
    await connection.quit();
  }
}

/** From here on the host may have the message: only its answer tells (RFC 5321 section 4.1.1.4, RFC 1047). */
async function afterTheDot(connection: SmtpConnection): Promise<SendAnswer> {
  try {
    await connection.write('.\r\n');
    const reply = await connection.reply();
    const { code } = reply;
    if (code >= 200 && code < 300) return { kind: 'accepted', code, text: replyText(reply) };
    return definite(reply) ?? { kind: 'unknown', why: `it answers the message with ${replyText(reply)}` };
  } catch (error) {
    return { kind: 'unknown', why: `the message was sent whole, and then ${whyEnded(error)}` };
  }
}

/** A no, for good or for now; null: a reply that is neither. */
function definite(reply: Reply): SendAnswer | null {
  const { code } = reply;
  if (code < 400) return null;
  return { kind: code < 500 ? 'later' : 'refused', code, text: replyText(reply) };
}

function parametersOf(raw: Buffer, extensions: readonly string[], utf8: boolean): string {
  const has = (keyword: string): boolean =>
    extensions.some((line) => line === keyword || line.startsWith(`${keyword} `));
  return [
    has('SIZE') ? ` SIZE=${raw.length}` : '',
    has('8BITMIME') && raw.some((byte) => byte > 0x7f) ? ' BODY=8BITMIME' : '',
    utf8 && has('SMTPUTF8') ? ' SMTPUTF8' : '',
  ].join('');
}

/** RFC 5321 section 4.5.2: a dot more where a line begins with one, and a line end at the end. */
export function dotStuffed(raw: Buffer): Buffer {
  // latin1 keeps every byte as it is.
  const text = raw.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
  return Buffer.from(text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}
