import type { RcptAnswer, SmtpTarget } from '@mxodus/model';
import { type HelloOptions, type Session, sayHello } from './hello.ts';
import { rcptAnswer } from './judge-reply.ts';
import { whyEnded } from './line-end.ts';
import { type Reply, replyText } from './reply-reader.ts';

export interface Question {
  address: string;
  path: string;
  needsUtf8: boolean;
}

/** Where a conversation ended before all was asked. */
export interface End {
  at: 'hello' | 'address';
  why: string;
}

/**
 * Asks for each address over one connection and puts what is answered into `answers`; null: all were. Each is a transaction of its own,
 * MAIL, RCPT and RSET: bounces have one recipient, and hosts that know that (the Exim of cPanel, 2026-11) refuse a second one. Never DATA.
 */
export async function transactions(
  target: SmtpTarget,
  questions: readonly Question[],
  answers: Map<string, RcptAnswer>,
  options: HelloOptions,
): Promise<End | null> {
  let session: Session;
  try {
    session = await sayHello(target, options);
  } catch (error) {
    options.signal.throwIfAborted();
    return { at: 'hello', why: whyEnded(error) };
  }
  try {
    await askAll(session, questions, answers, options.helo);
    await session.connection.quit();
    return null;
  } catch (error) {
    options.signal.throwIfAborted();
    return { at: 'address', why: whyEnded(error) };
  } finally {
    session.connection.close();
  }
}

async function askAll(
  { connection, greeting }: Session,
  questions: readonly Question[],
  answers: Map<string, RcptAnswer>,
  helo: string,
): Promise<void> {
  const has = (keyword: string): boolean => greeting.extensions.includes(keyword);
  const utf8 = has('SMTPUTF8');
  for (const { address, needsUtf8 } of questions) {
    if (needsUtf8 && !utf8)
      answers.set(address, { kind: 'unasked', why: 'the host does not know SMTPUTF8 (RFC 6531)' });
  }
  const [first, ...rest] = questions.filter(({ needsUtf8 }) => utf8 || !needsUtf8);
  if (first === undefined) return;
  const mailFrom = (sender: string, { needsUtf8 }: Question): string =>
    `MAIL FROM:<${sender}>${needsUtf8 ? ' SMTPUTF8' : ''}`;
  const rcptTo = ({ path }: Question): string => `RCPT TO:<${path}>`;

  // A host that refuses the null sender for good (RFC 5321 section 4.5.5 forbids it) is asked once more as postmaster of the name we give
  // in EHLO, an address that every host must have (RFC 5321 section 4.5.1); the sender it takes is kept for the whole conversation.
  let sender = '';
  let mail = await connection.command(mailFrom(sender, first));
  if (mail.code >= 500) {
    sender = `postmaster@${helo}`;
    mail = await connection.command(mailFrom(sender, first));
  }
  answers.set(
    first.address,
    mail.code === 250 ? rcptAnswer(await connection.command(rcptTo(first))) : refusedMail(mail),
  );
  await connection.command('RSET');

  const commands = (question: Question): string[] => [mailFrom(sender, question), rcptTo(question), 'RSET'];
  const inOneWrite = has('PIPELINING');
  // RFC 2920 section 3.1: all three may be anywhere in a group.
  if (inOneWrite && rest.length > 0) await connection.write(`${rest.flatMap(commands).join('\r\n')}\r\n`);
  for (const question of rest) {
    const replies: Reply[] = [];
    for (const line of commands(question)) {
      replies.push(inOneWrite ? await connection.reply() : await connection.command(line));
      const [taken, rcpt] = replies;
      if (taken !== undefined && taken.code !== 250) answers.set(question.address, refusedMail(taken));
      else if (rcpt !== undefined) answers.set(question.address, rcptAnswer(rcpt));
    }
  }
}

function refusedMail(reply: Reply): RcptAnswer {
  const text = replyText(reply);
  if (reply.code >= 400 && reply.code < 500) return { kind: 'later', code: reply.code, text };
  return { kind: 'unasked', why: `it answers MAIL with ${text}` };
}
