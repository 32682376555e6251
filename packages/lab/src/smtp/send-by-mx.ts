import { createTransport } from 'nodemailer';
import type { MxLookup } from './mx-lookup.ts';

export interface OutgoingMail {
  /** Of the envelope; '' for a report that must not be answered. */
  from: string;
  to: string;
  /** As it is sent. */
  raw: string | Buffer;
}

export interface Attempt {
  outcome: 'delivered' | 'bounced' | 'later';
  host: string;
  /** Why not. */
  text: string;
}

export interface SendingHost {
  lookup: MxLookup;
  /** In place of 25. */
  port: number;
  /** The name it gives in EHLO. */
  name: string;
}

/** Goes through the MX hosts until one takes the mail, or refuses it for good. Once: who sends decides when to come again. */
export async function sendByMx({ lookup, port, name }: SendingHost, { from, to, raw }: OutgoingMail): Promise<Attempt> {
  let later: Attempt = { outcome: 'later', host: '', text: 'no MX host' };
  let hosts: string[];
  try {
    hosts = await lookup.addresses(to.split('@')[1] ?? '');
  } catch (error) {
    return { outcome: 'later', host: '', text: messageOf(error) };
  }
  for (const host of hosts) {
    const transport = createTransport({
      host,
      port,
      name,
      ignoreTLS: true,
      connectionTimeout: 5000,
      greetingTimeout: 5000,
      socketTimeout: 10_000,
    });
    try {
      await transport.sendMail({ envelope: { from, to }, raw });
      return { outcome: 'delivered', host, text: '' };
    } catch (error) {
      const code = responseCodeOf(error);
      if (code >= 500) return { outcome: 'bounced', host, text: messageOf(error) };
      later = { outcome: 'later', host, text: messageOf(error) };
    } finally {
      transport.close();
    }
  }
  return later;
}

/** The SMTP reply code an error carries; 0: none. */
export function responseCodeOf(error: unknown): number {
  return error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
    ? error.responseCode
    : 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
