import { type Ledger, type MailSession, MxodusError, type Plan, type PlanMailbox } from '@mxodus/model';
import { ranges } from '../sync/free-messages.ts';
import { ledgerKey } from '../sync/ledger-key.ts';
import type { MailboxAccounts } from '../sync/mailbox-connections.ts';

export interface ArrivedOptions {
  plan: Plan;
  accounts(mailbox: PlanMailbox): MailboxAccounts;
  /** Of the passes forward; a copy does. */
  forward: Ledger;
  /** When the MX was switched; milliseconds since the epoch. */
  since: number;
  signal: AbortSignal;
}

/** What a rollback would have to copy back, about. */
export interface Arrived {
  messages: number;
  /** As the servers list them. */
  bytes: number;
  /** Addresses of mailboxes that could not be looked at, and why: nothing of theirs is counted. */
  notLookedAt: { address: string; why: string }[];
}

const AT_ONCE = 4;

/**
 * Counts the messages of the new side with a date of arrival since the switch that are no copies, each once (Gmail lists some in several folders). A cheap look: contents are not compared, so
 * that a copy of late mail its user moved is counted, and old mail somebody filed there is not. Nothing is changed at either side.
 */
export async function arrivedSince(options: ArrivedOptions): Promise<Arrived> {
  const found: Arrived = { messages: 0, bytes: 0, notLookedAt: [] };
  const groups = [...Map.groupBy(options.plan.mailboxes, placeOf).values()];
  const work = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      options.signal.throwIfAborted();
      const [first] = group;
      if (first === undefined) continue;
      try {
        const { messages, bytes } = await arrivedIn(options, group, first);
        found.messages += messages;
        found.bytes += bytes;
      } catch (error) {
        if (!(error instanceof MxodusError) || options.signal.aborted) throw error;
        found.notLookedAt.push({ address: first.address, why: error.what });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

const placeOf = ({ destination: { server, user } }: PlanMailbox): string => `${user.toLowerCase()} ${server}`;

interface Count {
  messages: number;
  bytes: number;
}

async function arrivedIn(
  { accounts, forward, since, signal }: ArrivedOptions,
  group: readonly PlanMailbox[],
  first: PlanMailbox,
): Promise<Count> {
  const session = await accounts(first).destination.open(signal, () => undefined);
  try {
    const count = { messages: 0, bytes: 0 };
    const seen = new Set<string>();
    for (const { path, status } of await session.listFolders()) {
      signal.throwIfAborted();
      if (status === null || status.messages === 0) continue;
      const copies = await copiesIn(forward, group, { path, uidValidity: status.uidValidity });
      const some = await arrivedInFolder(session, path, { copies, since, seen });
      count.messages += some.messages;
      count.bytes += some.bytes;
    }
    return count;
  } finally {
    await session.close();
  }
}

async function copiesIn(
  forward: Ledger,
  group: readonly PlanMailbox[],
  { path, uidValidity }: { path: string; uidValidity: number },
): Promise<Set<number>> {
  const copies = new Set<number>();
  for (const mailbox of group) {
    for (const folder of await forward.currentFolders(await forward.openMailbox(ledgerKey(mailbox)))) {
      if (folder.destination !== path || folder.destinationUidValidity !== uidValidity) continue;
      for (const uid of await forward.destinationUids(folder.id)) copies.add(uid);
    }
  }
  return copies;
}

async function arrivedInFolder(
  session: MailSession,
  path: string,
  { copies, since, seen }: { copies: ReadonlySet<number>; since: number; seen: Set<string> },
): Promise<Count> {
  if (session.keyed !== null) {
    // Later than any clock, and a date every mail system can be asked for.
    const rows = await session.keyed.look(path, { from: since, to: Date.UTC(4500, 0, 1) });
    const own = rows.filter(({ key, uid }) => key === null && !copies.has(uid));
    return { messages: own.length, bytes: 0 };
  }
  const count = { messages: 0, bytes: 0 };
  for (const range of ranges((await session.uids(path)).filter((uid) => !copies.has(uid)))) {
    for (const { uid, internalDate, bytes, emailId } of (await session.scan(path, { range })).messages) {
      if (copies.has(uid) || (internalDate ?? since) < since || (emailId !== undefined && seen.has(emailId))) continue;
      if (emailId !== undefined) seen.add(emailId);
      count.messages += 1;
      count.bytes += bytes;
    }
  }
  return count;
}
