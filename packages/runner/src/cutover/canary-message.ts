import { canaryMessageId } from '@mxodus/engine';
import type { Canary } from './ports.ts';

/** A plain message that any person, and any filter, sees to be a test (RFC 5322, RFC 3834). @param now milliseconds since the epoch */
export function canaryMessage({ id, domain, recipient }: Canary, { from, now }: { from: string; now: number }): Buffer {
  const lines = [
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `From: ${from}`,
    `To: ${recipient}`,
    'Subject: mxodus test mail, please ignore',
    `Message-ID: ${canaryMessageId(id, domain)}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `The mail of ${domain} is being moved to new servers. This mail went the way any`,
    'mail from outside goes, to prove where it arrives. Nobody has to do anything;',
    'it can be deleted.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
