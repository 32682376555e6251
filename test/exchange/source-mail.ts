import { type Dovecot, quoted, signedIn } from '@mxodus/lab';

export interface SourceMail {
  raw: string | Buffer;
  /** Default INBOX. Made when it is not there. */
  folder?: string;
  flags?: string;
  /** INTERNALDATE; default 02-Jan-2020 10:00:00 +0000. */
  date?: string;
}

/** Puts messages into a mailbox at the source. */
export async function store(server: Dovecot, user: string, mails: readonly SourceMail[]): Promise<void> {
  await signedIn(server, user, server.password, async (connection) => {
    const made = new Set(['INBOX']);
    for (const { raw, folder = 'INBOX', flags = '', date = '02-Jan-2020 10:00:00 +0000' } of mails) {
      // The one that was made before says NO.
      if (!made.has(folder)) await connection.command(`CREATE ${quoted(folder)}`).catch(() => undefined);
      made.add(folder);
      await connection.command([
        `APPEND ${quoted(folder)} (${flags}) "${date}" `,
        typeof raw === 'string' ? Buffer.from(raw) : raw,
      ]);
    }
  });
}

/** A plain message; null: without a Message-ID. */
export function plain(
  subject: string,
  { messageId = `<${subject}@example.org>`, header = '', body = `${subject}\r\n` }: PlainParts = {},
): string {
  const id = messageId === null ? '' : `Message-ID: ${messageId}\r\n`;
  const people = 'From: Bob <bob@example.org>\r\nTo: ann@example.test\r\n';
  return `${people}Subject: ${subject}\r\nDate: Wed, 1 Jan 2020 09:00:00 +0000\r\n${id}${header}\r\n${body}`;
}

export interface PlainParts {
  messageId?: string | null;
  /** More header lines, each with CRLF. */
  header?: string;
  body?: string;
}

/** A message with one attachment of so many bytes. */
export function withAttachment(subject: string, bytes: number): Buffer {
  const data = Buffer.alloc(bytes, `${subject} `).toString('base64').replace(/.{76}/g, '$&\r\n');
  const part = `--b\r\nContent-Type: application/octet-stream; name="${subject}.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  const header = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n';
  const text = '--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n';
  return Buffer.from(plain(subject, { header, body: `${text}${part}${data}\r\n--b--\r\n` }));
}
