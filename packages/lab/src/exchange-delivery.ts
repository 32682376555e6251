import { readMime } from './exchange/content/mime/read-mime.ts';
import { storedContent } from './exchange/content/mime/stored-content.ts';
import type { Exchange365 } from './exchange/exchange-365.ts';
import { mailboxOf } from './exchange/mailbox/store.ts';
import type { MailDelivery } from './smtp/mail-delivery.ts';
import { type SendingHost, sendByMx } from './smtp/send-by-mx.ts';

export interface ExchangeDeliveryOptions {
  exchange: Pick<Exchange365, 'world'>;
  /** The tenant's mail contacts: addresses of its domain, in lower case, whose mail goes on to these. */
  contacts: ReadonlyMap<string, string>;
  /** What sends to the contacts. */
  sender: SendingHost;
}

/** Mail that reaches Exchange by SMTP: into the inbox of a mailbox, or on to the address of a mail contact. */
export function exchangeDelivery({ exchange, contacts, sender }: ExchangeDeliveryOptions): MailDelivery {
  const { world } = exchange;
  return {
    deliver: async (recipient, message, arrivedAt) => {
      const contact = contacts.get(recipient.toLowerCase());
      if (contact !== undefined) return sendOn(sender, contact, message);
      const user = world.userOf(recipient);
      if (user === undefined) throw refusal(`5.1.10 <${recipient}>: recipient not found`);
      const store = mailboxOf(world, user);
      const received = arrivedAt.getTime();
      const content = storedContent(await readMime(message, received), store);
      store.add(store.folders.known('inbox'), { ...content, isDraft: false, isRead: false, received });
    },
  };
}

/** The envelope's sender, which the last host writes above the message (RFC 5321 4.4); the next one writes its own. */
const RETURN_PATH = /^Return-Path: <([^>\r\n]*)>\r\n/;

/** Answers when the next host has it: mail is never with Exchange alone. */
async function sendOn(sender: SendingHost, to: string, message: Buffer): Promise<void> {
  const [line = '', from = ''] = RETURN_PATH.exec(message.toString('latin1', 0, 1024)) ?? [];
  const { outcome, text } = await sendByMx(sender, { from, to, raw: message.subarray(line.length) });
  if (outcome === 'bounced') throw refusal(`5.1.1 <${to}>: ${text}`);
  if (outcome === 'later') throw new Error(`4.4.1 <${to}>: ${text}`);
}

const refusal = (text: string): Error => Object.assign(new Error(text), { responseCode: 550 });
