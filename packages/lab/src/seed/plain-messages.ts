/** Everyday mail: the shapes that make up most of a mailbox. All text has CRLF line ends; the writer may store it with LF. */
import type { Filler } from './filler.ts';
import type { Random } from './random.ts';

export interface Correspondence {
  /** Who the mailbox belongs to, and the domain. */
  owner: string;
  domain: string;
  people: readonly string[];
  subjects: readonly string[];
}

export interface MessageMaker {
  random: Random;
  filler: Filler;
  correspondence: Correspondence;
  /** Message-IDs so far, for replies and shared ones. */
  ids: string[];
  subjectOf: Map<string, string>;
}

export interface HeaderOptions {
  /** null: no Message-ID line at all. Absent: a new one. */
  messageId?: string | null;
  /** Extra header lines, each ending in CRLF. */
  extra?: string;
}

export interface BuiltMessage {
  kind: string;
  bytes: Buffer;
}

/** A header up to, but not including, the empty line. */
export function header(maker: MessageMaker, time: number, options: HeaderOptions = {}): string {
  const { random, correspondence } = maker;
  const { owner, domain } = correspondence;
  const messageId = options.messageId === undefined ? newMessageId(maker) : options.messageId;
  const other = random.pick(correspondence.people);
  const [from, to] = random.chance(0.8) ? [other, owner] : [owner, other];
  const thread = random.chance(0.35) && maker.ids.length > 0 ? random.pick(maker.ids.slice(-30)) : null;
  const subject = thread ? `Re: ${maker.subjectOf.get(thread) ?? 'your mail'}` : random.pick(correspondence.subjects);
  let text = `Return-Path: <${from}@${domain}>\r\n`;
  for (let hop = random.below(3); hop > 0; hop--) {
    text += `Received: from mx${hop}.example.net (mx${hop}.example.net [192.0.2.${random.below(255)}])\r\n`;
    text += `\tby mail.${domain} with ESMTPS id ${random.hex(12)}\r\n\tfor <${to}@${domain}>; ${rfc5322Date(time, random)}\r\n`;
  }
  text += `From: ${displayName(from)} <${from}@${domain}>\r\nTo: ${to}@${domain}\r\n`;
  text += `Subject: ${subject}\r\nDate: ${rfc5322Date(time, random)}\r\n`;
  if (messageId !== null) {
    text += `Message-ID: ${messageId}\r\n`;
    if (!messageId.includes('\r')) maker.ids.push(messageId);
    maker.subjectOf.set(messageId, subject.replace(/^Re: /, ''));
  }
  if (thread) text += `In-Reply-To: ${thread}\r\nReferences: ${thread}\r\n`;
  return `${text}${options.extra ?? ''}MIME-Version: 1.0\r\n`;
}

/** A message of about `bytes` bytes, of a shape that chance picks. */
export function plainMessage(
  maker: MessageMaker,
  time: number,
  bytes: number,
  options: HeaderOptions = {},
): BuiltMessage {
  const { random, filler } = maker;
  const top = header(maker, time, options);
  const body = Math.max(bytes - top.length - 300, 20);
  const boundary = `=_${random.hex(16)}`;
  const built = (kind: string, rest: string): BuiltMessage => ({ kind, bytes: Buffer.from(top + rest) });
  const shape = random.next();
  if (body > 60_000 || shape < 0.1) return built('attachment', attachment(maker, boundary, body));
  if (shape < 0.4) return built('alternative', alternative(filler, boundary, body));
  if (shape < 0.44) return built('invite', invite(maker, time, body));
  if (shape < 0.49) {
    const inner = `${header(maker, time - 86_400)}\r\n${filler.text(body)}`;
    const type = `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`;
    return built(
      'forward',
      `${type}--${boundary}\r\n\r\nFor your information.\r\n--${boundary}\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--${boundary}--\r\n`,
    );
  }
  if (shape < 0.53) {
    const type = 'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n';
    return {
      kind: 'latin1',
      bytes: Buffer.concat([Buffer.from(top + type), Buffer.from(filler.text(body), 'latin1')]),
    };
  }
  return built('text', `${textPart('plain')}${filler.text(body)}`);
}

function textPart(subtype: 'plain' | 'html'): string {
  return `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`;
}

function alternative(filler: Filler, boundary: string, bytes: number): string {
  const text = filler.text(bytes / 2 - 150);
  return `Content-Type: multipart/alternative;\r\n\tboundary="${boundary}"\r\n\r\n--${boundary}\r\n${textPart('plain')}${text}
--${boundary}\r\n${textPart('html')}<html><body><p>${text}</p></body></html>\r\n--${boundary}--\r\n`.replace(
    /(?<!\r)\n/g,
    '\r\n',
  );
}

const FILE_NAMES = [
  'filename="report.pdf"',
  'filename="drawing-rev-b.dwg"',
  'filename="photo_0417.jpg"',
  "filename*=utf-8''%C3%9Cbersicht%202024.xlsx",
  'filename="=?utf-8?B?5pel5pys6KqeLnppcA==?="',
];

function attachment({ random, filler }: MessageMaker, boundary: string, bytes: number): string {
  const type = `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n--${boundary}\r\n${textPart('plain')}`;
  const file = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n`;
  const disposition = `Content-Disposition: attachment; ${random.pick(FILE_NAMES)}\r\n\r\n`;
  const data = filler.base64(Math.max(bytes - 500, 80));
  return `${type}${filler.text(200)}\r\n--${boundary}\r\n${file}${disposition}${data}\r\n--${boundary}--\r\n`;
}

function invite({ random, filler }: MessageMaker, time: number, bytes: number): string {
  const stamp = new Date(time * 1000).toISOString().replace(/[-:]|\.000/g, '');
  const lines =
    filler
      .text(bytes)
      .replaceAll('\r\n', '\\n')
      .match(/.{1,70}/gu) ?? [];
  return `Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${[
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${random.hex(12)}@example.test`,
    `DTSTAMP:${stamp}`,
    `DTSTART:${stamp}`,
    'SUMMARY:Review',
    `DESCRIPTION:${lines.join('\r\n ')}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n')}`;
}

function newMessageId(maker: MessageMaker): string {
  return `<${maker.ids.length + 1}.${maker.random.hex(12)}@${maker.correspondence.owner}.${maker.correspondence.domain}>`;
}

function displayName(person: string): string {
  return person
    .split(/[._-]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join(' ');
}

/** A Date header for this moment in a zone of chance's choice. */
function rfc5322Date(time: number, random: Random): string {
  const zone = random.pick([0, 0, 60, 120, -300, -480, 330, 540, -210, 765]);
  const [weekday, day, month, year, clock] = new Date((time + zone * 60) * 1000)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  const minutes = Math.abs(zone);
  const offset = `${zone < 0 ? '-' : '+'}${String(Math.floor(minutes / 60) * 100 + (minutes % 60)).padStart(4, '0')}`;
  return `${weekday}, ${Number(day)} ${month} ${year} ${clock} ${offset}`;
}
