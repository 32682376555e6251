import { IN_REPLY_TO, REFERENCES, SUBMIT_TIME, TRANSPORT_HEADERS } from '../properties.ts';
import { type Alterations, cut, named, withoutControls } from './alterations.ts';
import { decodeHeaderBytes } from './charset.ts';
import type { ExtendedProperty } from './graph-message.ts';
import { allFields, decodedWords, firstField, type HeaderField, strayLines } from './header-block.ts';
import { mapPeople } from './map-people.ts';
import { sentDate } from './sent-date.ts';
import { transportHeaders } from './transport-headers.ts';

/** Exchange Online's limit (2026-11). */
const LONGEST_SUBJECT = 255;
/** What Exchange keeps of any one header value. */
const LONGEST_ID = 995;
const LONGEST_REFERENCES = 8192;

export interface MappedHeader {
  message: Record<string, unknown>;
  properties: ExtendedProperty[];
}

/** The properties of the message that come from its header. Pure. */
export function mapHeader(fields: readonly HeaderField[], head: Buffer, alterations: Alterations): MappedHeader {
  nameStrayLines(head, alterations);
  const messageId = mapMessageId(fields, alterations);
  const importance = importanceOf(fields);
  return {
    message: {
      subject: mapSubject(fields, alterations),
      ...mapPeople(fields, alterations),
      ...(messageId === null ? {} : { internetMessageId: messageId }),
      importance,
    },
    properties: [
      ...property(SUBMIT_TIME, mapDate(fields, alterations)),
      ...property(TRANSPORT_HEADERS, transportHeaders(fields, head, alterations)),
      ...property(IN_REPLY_TO, inReplyTo(fields, alterations)),
      ...property(REFERENCES, references(fields, alterations)),
    ],
  };
}

function nameStrayLines(head: Buffer, alterations: Alterations): void {
  const { between } = strayLines(head);
  if (between.length === 0) return;
  const lines = between.map((line) => decodeHeaderBytes(Buffer.from(line, 'latin1'), null));
  alterations.add(`lines of the header were left out: ${named(lines)}`, 'they are no header fields');
}

const property = (id: string, value: string | null): ExtendedProperty[] =>
  value === null || value === '' ? [] : [{ id, value }];

function mapSubject(fields: readonly HeaderField[], alterations: Alterations): string {
  const given = decodedWords(firstField(fields, 'subject') ?? '').replace(/[\t\r\n]+/g, ' ');
  const { text, changed } = withoutControls(given);
  if (changed) alterations.add('control characters were left out of the subject', 'Exchange does not keep them');
  const subject = text.trim();
  if (subject.length <= LONGEST_SUBJECT) return subject;
  alterations.add(
    `the subject was cut from ${subject.length} to ${LONGEST_SUBJECT} characters`,
    'Exchange keeps no longer one; the header has it whole',
  );
  return cut(subject, LONGEST_SUBJECT);
}

function mapMessageId(fields: readonly HeaderField[], alterations: Alterations): string | null {
  const [first, ...others] = allFields(fields, 'message-id');
  if (first === undefined) return null;
  if (others.length > 0) {
    alterations.add(`the other Message-ID, ${named(others)}, was left out`, 'Exchange keeps one; the first was kept');
  }
  const id = first.replace(/\s+/g, ' ');
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(id) && id.length <= LONGEST_ID) return id;
  const why =
    id.length > LONGEST_ID ? `it is longer than ${LONGEST_ID} characters` : 'it has characters other than ASCII';
  alterations.add('the Message-ID was left to Exchange', `${why}; the header has it as it was`);
  return null;
}

function mapDate(fields: readonly HeaderField[], alterations: Alterations): string | null {
  const given = firstField(fields, 'date');
  if (given === null) return null;
  const date = sentDate(decodedWords(given));
  if (date.kind === 'unreadable') {
    alterations.add(
      `the date of sending, ${named([given])}, was left out`,
      'it cannot be read, or is not between 1970 and 2099; the date of arrival is kept',
    );
    return null;
  }
  if (!date.zoneKnown) {
    alterations.add(`the date of sending, ${named([given])}, was read as UTC`, 'it has no time zone that can be read');
  }
  return date.iso;
}

/** RFC 2156 §5.3.4 (Importance), and what programs had before and beside it. */
function importanceOf(fields: readonly HeaderField[]): 'low' | 'normal' | 'high' {
  for (const name of ['importance', 'x-priority', 'x-msmail-priority', 'priority']) {
    const value = firstField(fields, name)?.toLowerCase() ?? '';
    if (/^(?:high|urgent|[12]\b|highest)/.test(value)) return 'high';
    if (/^(?:low|non-urgent|[45]\b|lowest)/.test(value)) return 'low';
    if (/^(?:normal|medium|3\b)/.test(value)) return 'normal';
  }
  return 'normal';
}

function inReplyTo(fields: readonly HeaderField[], alterations: Alterations): string | null {
  const given = identifiers(firstField(fields, 'in-reply-to'));
  if (given === null || given.length <= LONGEST_REFERENCES) return given;
  alterations.add('In-Reply-To was left out of the thread', `it is longer than ${LONGEST_REFERENCES} characters`);
  return null;
}

/** The first one names the thread, the last ones the way to this message: those in between go first. */
function references(fields: readonly HeaderField[], alterations: Alterations): string | null {
  const given = identifiers(firstField(fields, 'references'));
  if (given === null || given.length <= LONGEST_REFERENCES) return given;
  const [root = '', ...rest] = given.split(' ');
  const kept: string[] = [];
  let left = LONGEST_REFERENCES - root.length;
  for (const id of rest.reverse()) {
    left -= id.length + 1;
    if (left < 0) break;
    kept.unshift(id);
  }
  alterations.add(
    'References was shortened',
    `it is longer than ${LONGEST_REFERENCES} characters; the first and the last ones were kept`,
  );
  return cut([root, ...kept].join(' '), LONGEST_REFERENCES);
}

const identifiers = (value: string | null): string | null =>
  value === null ? null : withoutControls(value.replace(/\s+/g, ' ').trim()).text;
