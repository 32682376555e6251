import { createHash, randomUUID } from 'node:crypto';
import type { ProbeFault, ProbeResult } from '@mxodus/model';
import { z } from 'zod';
import { DELIVERY_TIME, MESSAGE_FLAGS, MIGRATION_KEY, SUBMIT_TIME, TRANSPORT_HEADERS } from '../properties.ts';

/** The test message, and what has to come back of it. */

/** Long past, to the second, and three different ones: each date shows where it came from. */
const SENT = '2019-03-04T05:06:01Z';
const RECEIVED = '2019-03-04T05:07:11Z';
const ARRIVED = '2019-03-04T05:08:21Z';

const PROBE_HEADER = 'X-Mxodus-Probe';

export interface ProbeMessage {
  key: string;
  messageId: string;
  written: Date;
}

/** A key of its own each time: what is found by it is this message and no other. */
export function newProbe(written: Date): ProbeMessage {
  const id = randomUUID();
  const key = `v1:${createHash('sha256').update(`probe ${id}`).digest('hex')}`;
  return { key, messageId: `<${id}@probe.mxodus.invalid>`, written };
}

const SUBJECT = 'mxodus test message; it is removed at once';

/** As graph-json writes every message: no draft, its dates, its header, its key, all in the create. */
export function asJson({ key, messageId }: ProbeMessage, user: string): Record<string, unknown> {
  const person = { emailAddress: { name: 'mxodus', address: user } };
  return {
    subject: SUBJECT,
    isRead: true,
    internetMessageId: messageId,
    from: person,
    sender: person,
    toRecipients: [person],
    body: { contentType: 'text', content: 'Written by mxodus to see how this tenant keeps messages.' },
    singleValueExtendedProperties: [
      { id: MESSAGE_FLAGS, value: '4' },
      { id: DELIVERY_TIME, value: ARRIVED },
      { id: SUBMIT_TIME, value: SENT },
      { id: TRANSPORT_HEADERS, value: headerOf(messageId, user) },
      { id: MIGRATION_KEY, value: key },
    ],
  };
}

/** As graph-importmime writes: the message alone, in base64. */
export function asMime({ messageId }: ProbeMessage, user: string): string {
  const body = 'Written by mxodus to see how this tenant keeps messages.\r\n';
  return Buffer.from(`${headerOf(messageId, user)}\r\n${body}`, 'utf8').toString('base64');
}

const headerOf = (messageId: string, user: string): string =>
  [
    `Received: from probe.mxodus.invalid by probe.mxodus.invalid; ${mailDate(RECEIVED)}`,
    `From: mxodus <${user}>`,
    `To: ${user}`,
    `Subject: ${SUBJECT}`,
    `Date: ${mailDate(SENT)}`,
    `Message-ID: ${messageId}`,
    `${PROBE_HEADER}: 1`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
  ].join('\r\n');

/** RFC 5322 section 3.3. */
const mailDate = (iso: string): string => new Date(iso).toUTCString().replace('GMT', '+0000');

export const readBackSchema = z.object({
  isDraft: z.boolean(),
  isRead: z.boolean().nullish(),
  receivedDateTime: z.string(),
  sentDateTime: z.string().nullish(),
  internetMessageHeaders: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  singleValueExtendedProperties: z.array(z.object({ id: z.string(), value: z.string() })).nullish(),
});

export type ReadBack = z.output<typeof readBackSchema>;

type Faults = ProbeResult['faults'];

/** Written within so long of the clock here: a mailbox server's own clock need not agree to the second. */
const CLOCKS_DIFFER_MS = 15 * 60_000;

export function arrivalOf({ receivedDateTime }: ReadBack, written: Date): ProbeResult['arrival'] {
  const at = Date.parse(receivedDateTime);
  if (at === Date.parse(ARRIVED)) return 'asked-for';
  if (at === Date.parse(RECEIVED)) return 'received-header';
  if (at === Date.parse(SENT)) return 'date-header';
  return Math.abs(at - written.getTime()) < CLOCKS_DIFFER_MS ? 'time-of-writing' : 'other';
}

export function faultsOfJson(found: ReadBack, probe: ProbeMessage): Faults {
  const received = instant(found.receivedDateTime);
  return [
    ...draft(found),
    ...fault(
      'date',
      received !== Date.parse(ARRIVED),
      `its date of arrival is ${found.receivedDateTime} in place of ${ARRIVED}`,
    ),
    ...fault('key', propertyOf(found, MIGRATION_KEY) !== probe.key, 'the message came back without its key'),
    ...fault('read', found.isRead !== true, 'it was written read and came back unread'),
    ...sent(found),
    ...headers(found),
  ];
}

/**
 * importMime takes no date, no flag and no key: the date is that of a header line or it is lost, the flag is set afterwards, and the key
 * too, where the tenant lets it be set.
 */
export function faultsOfMime(found: ReadBack, probe: ProbeMessage): Faults {
  const arrival = arrivalOf(found, probe.written);
  const lost = arrival !== 'received-header' && arrival !== 'date-header';
  const keyless = propertyOf(found, MIGRATION_KEY) !== probe.key;
  return [
    ...draft(found),
    ...fault('date', lost, `its date of arrival is ${found.receivedDateTime}, which is in none of its header lines`),
    ...fault(
      'key',
      keyless,
      'a key cannot be set on it (Mail-Advanced.ReadWrite.All): copies are found by their Message-ID',
    ),
    ...fault('read', found.isRead !== true, 'it comes unread, which is set right by a request of its own'),
    ...sent(found),
    ...headers(found),
  ];
}

const draft = ({ isDraft }: ReadBack): Faults =>
  fault('draft', isDraft, 'it came back as a draft, as an unsent message in the mailbox of its user');

const sent = ({ sentDateTime }: ReadBack): Faults =>
  fault(
    'sent',
    instant(sentDateTime) !== Date.parse(SENT),
    `its date of sending is ${sentDateTime ?? 'missing'}, not ${SENT}`,
  );

const headers = (found: ReadBack): Faults => {
  const inList = found.internetMessageHeaders?.some(({ name }) => name.toLowerCase() === PROBE_HEADER.toLowerCase());
  const inText = propertyOf(found, TRANSPORT_HEADERS)?.includes(`${PROBE_HEADER}: 1`);
  return fault('headers', inList !== true && inText !== true, 'its header lines cannot be read back');
};

const propertyOf = ({ singleValueExtendedProperties }: ReadBack, id: string): string | undefined =>
  singleValueExtendedProperties?.find((property) => canonical(property.id) === canonical(id))?.value;

/** The service spells type, GUID and number its own way: "String 0x7d" for "String 0x007D". */
const canonical = (id: string): string => id.toLowerCase().replace(/ 0x0+/, ' 0x');

const instant = (text: string | null | undefined): number => (text == null ? Number.NaN : Date.parse(text));

const fault = (name: ProbeFault, there: boolean, words: string): Faults => (there ? [{ fault: name, words }] : []);
