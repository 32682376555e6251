import type { Plan, PlanMailbox, PlanServer } from '@mxodus/model';

/** People for whom the same changes: one destination, and all of them keep their address, or none does. */
export interface Audience {
  /** Part of a file name. */
  name: string;
  server: string;
  /** How to reach the new mailbox, in sentences. */
  settings: readonly string[];
  /** The new mail system in words: "Microsoft 365", "the server mail.new.example". */
  system: string;
  changesAddress: boolean;
  people: readonly { before: string; after: string; user: string }[];
}

/** In the order of the plan. */
export function audiencesOf({ mailboxes, servers }: Pick<Plan, 'mailboxes' | 'servers'>): Audience[] {
  const groups = Map.groupBy(mailboxes, (mailbox) => `${changesAddress(mailbox)} ${mailbox.destination.server}`);
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const name = first.destination.server;
    const server = servers[name];
    const changed = changesAddress(first);
    return [
      {
        name: `${fileName(name)}${changed ? '-new-address' : ''}`,
        server: name,
        settings: settingsOf(server),
        system: systemOf(name, server),
        changesAddress: changed,
        people: alike.map(({ address, destination }) => ({
          before: address,
          after: destination.address,
          user: destination.user,
        })),
      },
    ];
  });
}

const changesAddress = ({ address, destination }: PlanMailbox): boolean => address !== destination.address;

/** Names of servers are the user's: what has no place in a file name becomes a dash. */
const fileName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

function systemOf(name: string, server: PlanServer | undefined): string {
  if (server === undefined) return `the server "${name}"`;
  return server.kind === 'exchange' ? 'Microsoft 365' : `the server ${server.host}`;
}

function settingsOf(server: PlanServer | undefined): string[] {
  if (server === undefined) return [];
  if (server.kind === 'exchange') {
    return [
      'In a browser: https://outlook.office.com, with your new sign-in.',
      'In Outlook or on a phone: add the account anew as Microsoft 365 (Exchange); the old account can be removed after that.',
    ];
  }
  const tls = { implicit: 'SSL/TLS', starttls: 'STARTTLS', none: 'no encryption' }[server.tls];
  return [`Incoming mail: IMAP, server ${server.host}, port ${server.port}, ${tls}.`];
}
