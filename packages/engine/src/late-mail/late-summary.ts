import { LATE_CAUSES, type LateMail } from '@mxodus/model';

export interface LateSummary {
  messages: number;
  byCause: readonly { cause: LateMail['cause']; messages: number }[];
  /** Machines that still come to the old host though no cache tells them to: somebody has to set them right. */
  machines: readonly LateGroup[];
  /** Users whose mail program, or webmail, still writes into the old mailbox, and where. */
  staleClients: readonly { mailbox: string; folders: readonly string[]; messages: number; lastAt: string | null }[];
  /** RFC 3339 */
  lastAt: string | null;
}

export interface LateGroup {
  /** The last host before the old one; '' where the mail does not say. */
  host: string;
  cause: LateMail['cause'];
  senders: readonly string[];
  messages: number;
  lastAt: string | null;
}

/** Causes that do not go away by themselves. */
const STAYS: readonly LateMail['cause'][] = ['hard-coded', 'backup-mx', 'local', 'sticky'];

/** What the late-mail ledger comes to; most messages first. A machine is listed with the gravest of its causes. */
export function lateSummary(rows: readonly LateMail[]): LateSummary {
  const machines = Map.groupBy(
    rows.filter(({ cause }) => STAYS.includes(cause)),
    ({ path }) => path.at(-1) ?? '',
  );
  const clients = Map.groupBy(
    rows.filter(({ cause }) => cause === 'stale-client'),
    ({ mailbox }) => mailbox,
  );
  return {
    messages: rows.length,
    byCause: LATE_CAUSES.map((cause) => ({ cause, messages: rows.filter((row) => row.cause === cause).length }))
      .filter(({ messages }) => messages > 0)
      .toSorted((a, b) => b.messages - a.messages),
    machines: [...machines]
      .map(([host, group]) => ({
        host,
        cause: STAYS.find((cause) => group.some((row) => row.cause === cause)) ?? 'unknown',
        senders: distinct(group.map(({ sender }) => sender)),
        messages: group.length,
        lastAt: lastOf(group),
      }))
      .toSorted((a, b) => b.messages - a.messages),
    staleClients: [...clients]
      .map(([mailbox, group]) => ({
        mailbox,
        folders: distinct(group.map(({ folder }) => folder)),
        messages: group.length,
        lastAt: lastOf(group),
      }))
      .toSorted((a, b) => b.messages - a.messages),
    lastAt: lastOf(rows),
  };
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].filter((text) => text !== '').toSorted();

function lastOf(rows: readonly LateMail[]): string | null {
  let last: string | null = null;
  // All are UTC and of one length, so they compare as text.
  for (const { received } of rows) if (received !== null && (last === null || received > last)) last = received;
  return last;
}
