import libmime from 'libmime';
import { type Alterations, cut, named } from './alterations.ts';
import type { ParsedPart } from './message-tree.ts';

/** Exchange keeps no longer name. */
const LONGEST_NAME = 255;
/** What no file system takes as part of a name, and what makes a path of one. */
const NOT_IN_NAMES = /[\x00-\x1f\x7f/\\\u2028\u2029\ufffe\uffff]/g;
const EXTENSIONS: Readonly<Record<string, string>> = {
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'text/plain': 'txt',
  'text/rfc822-headers': 'txt',
  'message/delivery-status': 'txt',
  'message/disposition-notification': 'txt',
  'message/feedback-report': 'txt',
  'message/external-body': 'txt',
  'application/pgp-signature': 'asc',
  'application/pgp-encrypted': 'asc',
  'application/applefile': 'applefile',
};
const NAMES: Readonly<Record<string, string>> = {
  'application/ms-tnef': 'winmail.dat',
  'application/vnd.ms-tnef': 'winmail.dat',
  'application/pkcs7-mime': 'smime.p7m',
  'application/x-pkcs7-mime': 'smime.p7m',
  'application/pkcs7-signature': 'smime.p7s',
  'application/x-pkcs7-signature': 'smime.p7s',
  'application/pgp-signature': 'signature.asc',
};
const KINDS: Readonly<Record<string, string>> = {
  'text/calendar': 'invite',
  'message/delivery-status': 'delivery-status',
  'message/disposition-notification': 'disposition-notification',
  'text/rfc822-headers': 'headers',
};

/** The name an attachment gets: its own, cleaned, or one by its type. Never empty; equal names stay equal. Pure. */
export function attachmentName(part: ParsedPart, alterations: Alterations): string {
  const given = part.filename?.trim() ?? '';
  const name = shortened(
    given
      .toWellFormed()
      .replace(NOT_IN_NAMES, '_')
      .replace(/^\.{1,2}$/, '_'),
  );
  if (name !== given) {
    alterations.add(
      `the attachment ${named([given])} is called ${named([name])}`,
      given.length > LONGEST_NAME ? `Exchange keeps no name longer than ${LONGEST_NAME}` : 'its name is no file name',
    );
  }
  return name === '' ? nameByType(part) : name;
}

function nameByType(part: ParsedPart): string {
  if (part.type === 'message/rfc822' || part.type === 'message/global') {
    const subject = (part.innerSubject ?? '').toWellFormed().replace(NOT_IN_NAMES, '_').replace(/\s+/g, ' ').trim();
    return shortened(`${subject || 'message'}.eml`);
  }
  const extension = EXTENSIONS[part.type] ?? libmime.detectExtension(part.type);
  return NAMES[part.type] ?? `${KINDS[part.type] ?? 'attachment'}.${extension}`;
}

function shortened(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const extension = /\.[^.\s]{1,16}$/.exec(name)?.[0] ?? '';
  return cut(name, LONGEST_NAME - extension.length) + extension;
}
