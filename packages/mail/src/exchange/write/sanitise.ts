import type { Alteration } from '@mxodus/model';
import type { GraphContent } from '../mime/graph-message.ts';
import { IN_REPLY_TO, REFERENCES, TRANSPORT_HEADERS } from '../properties.ts';

/** What may have offended, by the code of the refusal. */
type Offender = 'addresses' | 'custom-headers' | 'header-properties' | 'all-but-text';

/**
 *   code                                                     left out
 *   ErrorInvalidRecipients                                   addresses that are none
 *   InvalidInternetMessageHeader(Collection)                 custom headers
 *   ErrorInvalidExtendedProperty(Value), …PropertySet        the original header and the references, kept as properties
 *   any other (UnableToDeserializePostBody, …Argument, …)    all of these, and what is not text, addresses, dates, Message-ID
 */
function offendersOf(code: string): readonly Offender[] {
  if (code === 'ErrorInvalidRecipients') return ['addresses'];
  if (code.startsWith('InvalidInternetMessageHeader')) return ['custom-headers'];
  if (code === 'ErrorInvalidPropertySet' || code.startsWith('ErrorInvalidExtendedProperty'))
    return ['header-properties'];
  return ['addresses', 'custom-headers', 'header-properties', 'all-but-text'];
}

const ONE_ADDRESS = ['from', 'sender'];
const ADDRESS_LISTS = ['toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo'];
const PLAIN = new Set([...ONE_ADDRESS, ...ADDRESS_LISTS, 'subject', 'body', 'internetMessageId', 'importance']);
const HEADER_PROPERTIES: ReadonlySet<string> = new Set([TRANSPORT_HEADERS, IN_REPLY_TO, REFERENCES]);
const NAMES: Readonly<Record<string, string>> = {
  from: 'From',
  sender: 'Sender',
  toRecipients: 'To',
  ccRecipients: 'Cc',
  bccRecipients: 'Bcc',
  replyTo: 'Reply-To',
};

/** The content without what Exchange may have refused, each thing named; null: there is nothing of the kind in it. */
export function sanitise(content: GraphContent, refusal: { code: string; words: string }): GraphContent | null {
  const offenders = new Set(offendersOf(refusal.code));
  const left: string[] = [];
  const message: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(content.message)) {
    if (offenders.has('custom-headers') && name === 'internetMessageHeaders') {
      left.push('custom header lines');
    } else if (offenders.has('addresses') && ADDRESS_LISTS.includes(name) && Array.isArray(value)) {
      const good = value.filter(isPlainAddress);
      if (good.length < value.length) left.push(`${value.length - good.length} of the addresses in ${NAMES[name]}`);
      message[name] = good;
    } else if (offenders.has('addresses') && ONE_ADDRESS.includes(name) && !isPlainAddress(value)) {
      left.push(`the address in ${NAMES[name]}`);
    } else if (offenders.has('all-but-text') && !PLAIN.has(name)) {
      left.push(name);
    } else message[name] = value;
  }
  const properties = offenders.has('header-properties')
    ? content.properties.filter(({ id }) => !HEADER_PROPERTIES.has(id))
    : content.properties;
  if (properties.length < content.properties.length) left.push('the original header and its references');
  if (left.length === 0) return null;
  const alteration: Alteration = { what: `left out: ${left.join(', ')}`, why: `Exchange refused it: ${refusal.words}` };
  return { ...content, message, properties, alterations: [...content.alterations, alteration] };
}

/** Stricter than RFC 5322: quoted local parts and domain literals are what services refuse. */
const PLAIN_ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i;

function isPlainAddress(recipient: unknown): boolean {
  const email = property(recipient, 'emailAddress');
  const address = property(email, 'address');
  return typeof address === 'string' && PLAIN_ADDRESS.test(address);
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
