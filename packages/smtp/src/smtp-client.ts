import type { ConnectionOptions } from 'node:tls';
import type { SmtpClient } from '@mxodus/model';
import { askRecipients } from './ask-recipients.ts';
import { greet, type HelloOptions } from './hello.ts';
import { Pace } from './pace.ts';
import { sendMail } from './send-mail.ts';

export interface SmtpClientOptions {
  /** The name to say in EHLO. */
  helo: string;
  /** Milliseconds for a connection and for each answer; a whole conversation has five times as long. */
  timeoutMs: number;
  /** Whom to trust, where not those of the system. */
  tls?: Pick<ConnectionOptions, 'ca'>;
  /** Milliseconds between the beginnings of two connections to one address. Default 250. */
  pauseMs?: number;
}

/** Connections to one address at once. */
const AT_ONCE = 2;

/**
 * A small SMTP client (RFC 5321) that asks, and sends test mails. What servers say is bounded in time and size; a certificate that is
 * not trusted is noted and does not stop it, as it does not stop other senders (RFC 7435).
 */
export function createSmtpClient({ helo, timeoutMs, tls = {}, pauseMs = 250 }: SmtpClientOptions): SmtpClient {
  const pace = new Pace({ atOnce: AT_ONCE, pauseMs });
  const options = (signal: AbortSignal): HelloOptions => ({ helo, timeoutMs, lifeMs: 5 * timeoutMs, tls, signal });
  return {
    greet: (target, signal) => pace.run(target.address, signal, () => greet(target, options(signal))),
    recipients: (target, addresses, signal) => askRecipients(target, addresses, { ...options(signal), pace }),
    send: (target, mail, signal) => pace.run(target.address, signal, () => sendMail(target, mail, options(signal))),
  };
}
