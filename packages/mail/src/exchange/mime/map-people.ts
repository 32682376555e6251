import { type AddressList, type Mailbox, parseAddresses } from './addresses.ts';
import { type Alterations, cut, named } from './alterations.ts';
import { allFields, type HeaderField } from './header-block.ts';

interface Recipient {
  emailAddress: { name?: string; address: string };
}

/** Display names in an address book are at most this long. */
const LONGEST_NAME = 256;
/** Of all recipients as JSON: they are part of the create, which is 4 MB at most. */
const MOST_RECIPIENT_BYTES = 640 * 1024;

/** From, Sender, Reply-To, To, Cc and Bcc as Graph has them. Pure. */
export function mapPeople(fields: readonly HeaderField[], alterations: Alterations): Record<string, unknown> {
  const room = { bytes: MOST_RECIPIENT_BYTES };
  const read = (header: string): Mailbox[] => readField(fields, header, alterations);
  const froms = read('From');
  const [sender] = read('Sender');
  const from = froms[0] ?? sender;
  if (froms.length > 1) {
    alterations.add(
      `the other authors, ${named(froms.slice(1).map(({ address }) => address))}, were left out of From`,
      'Exchange keeps one; the first was kept',
    );
  }
  if (froms.length === 0) {
    alterations.add(
      sender === undefined ? 'the message has no author' : 'the Sender was put in the place of the author',
      'the original has no From with a mail address',
    );
  }
  const recipients = (header: string): Recipient[] => fitting(read(header), header, room, alterations);
  return {
    ...(from === undefined ? {} : { from: recipient(from), sender: recipient(sender ?? from) }),
    replyTo: recipients('Reply-To'),
    toRecipients: recipients('To'),
    ccRecipients: recipients('Cc'),
    bccRecipients: recipients('Bcc'),
  };
}

function readField(fields: readonly HeaderField[], header: string, alterations: Alterations): Mailbox[] {
  const lists: AddressList[] = allFields(fields, header.toLowerCase()).map(parseAddresses);
  const groups = lists.flatMap((list) => list.groups).filter((group) => group !== '');
  const invalid = lists.flatMap((list) => list.invalid);
  if (groups.length > 0) {
    alterations.add(
      `the group name ${named(groups)} was left out of ${header}`,
      'Exchange has no groups in a header; the members were kept',
    );
  }
  if (invalid.length > 0) {
    alterations.add(
      `${named(invalid)} ${invalid.length === 1 ? 'was' : 'were'} left out of ${header}`,
      `${invalid.length === 1 ? 'it is no mail address' : 'they are no mail addresses'}, and Exchange refuses what is none`,
    );
  }
  return lists.flatMap((list) => list.mailboxes);
}

function fitting(
  mailboxes: readonly Mailbox[],
  header: string,
  room: { bytes: number },
  alterations: Alterations,
): Recipient[] {
  const kept: Recipient[] = [];
  for (const mailbox of mailboxes) {
    const one = recipient(mailbox);
    room.bytes -= Buffer.byteLength(JSON.stringify(one)) + 1;
    if (room.bytes < 0) {
      alterations.add(
        `the last ${mailboxes.length - kept.length} of ${mailboxes.length} addresses of ${header} were left out`,
        'more do not fit into one request to Exchange',
      );
      break;
    }
    kept.push(one);
  }
  return kept;
}

const recipient = ({ name, address }: Mailbox): Recipient => ({
  emailAddress: { ...(name === '' ? {} : { name: cut(name, LONGEST_NAME) }), address },
});
