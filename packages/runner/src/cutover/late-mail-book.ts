import { type CutoverPlan, LateMailExplainer, type LateMessage } from '@mxodus/engine';
import {
  type DnsLookup,
  type FolderRole,
  type LateMail,
  type LedgerReader,
  type MailAccount,
  type MailSession,
  type MovedMessage,
  MxodusError,
  type PlanMailbox,
} from '@mxodus/model';
import { LateMailFile } from './late-mail-file.ts';
import { lateMailSettings } from './late-mail-settings.ts';
import type { LateMailBook } from './ports.ts';
import { refuseWrite } from './refuse-write.ts';

export interface LateMailBookOptions {
  path: string;
  plan: Pick<CutoverPlan, 'domains' | 'settings'> & { mailboxes: readonly PlanMailbox[] };
  ledger: Pick<LedgerReader, 'movedBy'>;
  accounts(mailbox: PlanMailbox): { source: MailAccount };
  lookup: DnsLookup;
  /** What was left out, and what could not be read yet. */
  notice(text: string): void;
}

/** A sync by hand after the switch fetches late mail as well as a drain pass does. */
const KINDS = ['drain', 'sync'];
/** Headers that are fetched at once, and by one `collect`. */
const BATCH = 100;
const A_ROUND = 5000;

/**
 * What came late is found in the ledger of messages, so nothing is missed when a run dies between a pass and this: the first `collect` of
 * a process, and one after a `collect` that did not see everything, goes back to the switch.
 */
export function lateMailBook(options: LateMailBookOptions): LateMailBook {
  const file = new LateMailFile(options.path);
  const told = new Set<string>();
  const leftOut = new Set<string>();
  let known: LateMail[] | null = null;
  let seenAll = false;
  return {
    rows: () => file.rows(),
    collect: async (since, switchedAt, signal) => {
      const { plan, lookup, ledger, notice } = options;
      known ??= await file.rows();
      const from = seenAll ? since : Math.min(since, switchedAt);
      seenAll = false;
      const noted = new Set(known.map(keyOfRow));
      const moved = (await ledger.movedBy({ kinds: KINDS, since: from })).filter((row) => !noted.has(keyOf(row)));
      if (moved.length === 0) {
        seenAll = true;
        return [];
      }
      const { late, early } = byDate(moved, switchedAt - marginOf(plan));
      const news = early.filter((row) => !leftOut.has(keyOf(row)));
      for (const row of news) leftOut.add(keyOf(row));
      if (news.length > 0) notice(earlyText(news.length));
      const settings = await lateMailSettings(plan, { lookup, switchedAt, signal });
      const explainer = new LateMailExplainer(settings, known);
      const added: LateMail[] = [];
      let complete = late.length <= A_ROUND;
      for (const [address, messages] of Map.groupBy(late.slice(0, A_ROUND), (row) => row.address)) {
        const mailbox = plan.mailboxes.find((one) => one.address === address);
        if (mailbox === undefined) continue;
        try {
          for await (const batch of readHeaders(options.accounts(mailbox).source, { mailbox, messages, signal })) {
            const rows = batch.map((message) => explainer.explain(message));
            await file.add(rows);
            known.push(...rows);
            added.push(...rows);
          }
        } catch (error) {
          if (signal.aborted || !(error instanceof MxodusError) || isOurs(error)) throw error;
          complete = false;
          const text = `late mail of ${address} is not explained yet: ${error.what}`;
          if (!told.has(text)) notice(text);
          told.add(text);
        }
      }
      seenAll = complete;
      return added;
    },
  };
}

/** Trouble with our own files ends the round; trouble with one mailbox does not keep the others from being read. */
const isOurs = ({ code }: MxodusError): boolean =>
  code === 'STATE_UNWRITABLE' || code === 'STATE_CORRUPT' || code === 'DISK_FULL' || code === 'INVARIANT';

/** Oldest first: a machine that comes again is known from its first time. */
function byDate(
  moved: readonly MovedMessage[],
  from: number,
): { late: readonly MovedMessage[]; early: readonly MovedMessage[] } {
  const isEarly = ({ internalDate }: MovedMessage): boolean => internalDate !== null && internalDate < from;
  return {
    late: moved.filter((row) => !isEarly(row)).toSorted((a, b) => (a.internalDate ?? 0) - (b.internalDate ?? 0)),
    early: moved.filter(isEarly),
  };
}

/** How far before the switch a message may be dated and still count as late: the clock of the old server may be slow. */
function marginOf({ settings }: Pick<CutoverPlan, 'settings'>): number {
  return Math.max(settings.resolver_floor, settings.slack);
}

function earlyText(count: number): string {
  const messages = count === 1 ? 'a message' : `${count} messages`;
  return `${messages} the drain fetched had come before the switch, and only moved inside the old mailbox since: no late mail`;
}

async function* readHeaders(
  account: MailAccount,
  of: { mailbox: PlanMailbox; messages: readonly MovedMessage[]; signal: AbortSignal },
): AsyncGenerator<LateMessage[]> {
  const session = await account.open(of.signal, refuseWrite('the old server'));
  try {
    for (const group of Map.groupBy(of.messages, placeOf).values()) {
      for (let start = 0; start < group.length; start += BATCH) {
        yield await withHeaders(session, of.mailbox, group.slice(start, start + BATCH));
      }
    }
  } finally {
    await session.close();
  }
}

/** Of one folder. A message the server does not give any more, or whose folder is gone, has no header. */
async function withHeaders(
  session: MailSession,
  { address, folders }: PlanMailbox,
  messages: readonly MovedMessage[],
): Promise<LateMessage[]> {
  const [first] = messages;
  if (first === undefined) return [];
  const { folder, uidValidity } = first;
  const role = roleOf(folders.find(({ source }) => source === folder)?.role ?? null, folder);
  const headers = new Map<number, Buffer>();
  const uids = messages.map(({ uid }) => uid);
  try {
    for await (const { uid, body } of session.fetchHeaders(folder, uids, uidValidity)) headers.set(uid, body);
  } catch (error) {
    const gone = error instanceof MxodusError && ['UIDVALIDITY_CHANGED', 'FOLDER_REFUSED'].includes(error.code);
    if (!gone) throw error;
  }
  return messages.map(({ uid, internalDate }) => ({
    ...{ mailbox: address, folder, role, uidValidity, uid, internalDate },
    header: headers.get(uid) ?? null,
  }));
}

const ROLES: readonly FolderRole[] = [
  ...(['all', 'archive', 'drafts', 'flagged', 'important', 'inbox', 'junk', 'sent', 'trash'] as const),
];

function roleOf(role: string | null, folder: string): FolderRole | null {
  if (folder.toUpperCase() === 'INBOX') return 'inbox';
  return ROLES.find((one) => one === role) ?? null;
}

const placeOf = ({ folder, uidValidity }: MovedMessage): string => `${uidValidity} ${folder}`;

const keyOf = ({ address, folder, uidValidity, uid }: MovedMessage): string =>
  `${uid} ${uidValidity} ${address} ${folder}`;

const keyOfRow = ({ mailbox, folder, uid_validity: uidValidity, uid }: LateMail): string =>
  keyOf({ address: mailbox, folder, uidValidity, uid, internalDate: null });
