import {
  type Buckets,
  ERROR_CODES,
  type EventOf,
  EXIT,
  type PassRow,
  type Plan,
  type PlanMailbox,
  type StateCounts,
  type WaitRow,
} from '@mxodus/model';

type Status = EventOf<'mailbox_status'>;

export interface MailboxStanding extends Omit<Status, 'type'> {
  /** Of the last complete pass; null: there was none. */
  buckets: Buckets | null;
  /** Left at the source by the config; by the plan until a pass was complete. */
  excluded: number;
}

export interface LedgerNow {
  passes: readonly PassRow[];
  counts: readonly StateCounts[];
  waits: readonly WaitRow[];
  /** Whether a process works on the project: else a pass without an end was cut short. */
  working: boolean;
  /** Whether the MX was switched: the destination is the authority. */
  switched: boolean;
}

/** How every mailbox of the plan stands, by the ledger alone. */
export function mailboxStandings(plan: Plan, now: LedgerNow): MailboxStanding[] {
  const passes = Map.groupBy(now.passes, ({ address }) => address);
  const counts = new Map(now.counts.map((row) => [row.address, row]));
  // What waited when its process died waits no more.
  const waits = new Map((now.working ? now.waits : []).map((row) => [row.address, row]));
  return plan.mailboxes.map((mailbox) => {
    const planned = { due: messagesIn(mailbox, false), excluded: messagesIn(mailbox, true) };
    const { address } = mailbox;
    const mine = { passes: passes.get(address) ?? [], counts: counts.get(address), wait: waits.get(address) };
    return standing(address, planned, { ...now, ...mine });
  });
}

const messagesIn = ({ folders }: PlanMailbox, excluded: boolean): number =>
  folders.reduce((sum, folder) => sum + (folder.excluded === excluded ? folder.messages : 0), 0);

interface Planned {
  due: number;
  excluded: number;
}

interface Facts {
  passes: readonly PassRow[];
  counts: StateCounts | undefined;
  wait: WaitRow | undefined;
  working: boolean;
  switched: boolean;
}

function standing(
  mailbox: string,
  planned: Planned,
  { passes, counts, wait, working, switched }: Facts,
): MailboxStanding {
  const last = passes.at(-1);
  const complete = passes.findLast(isComplete);
  const stored = counts?.stored ?? 0;
  const notMoved = (counts?.cannot ?? 0) + (counts?.failed ?? 0);
  const inDoubt = counts?.intent ?? 0;
  const excluded = complete?.buckets.excluded ?? planned.excluded;
  const due = complete === undefined ? planned.due : complete.sourceMessages - excluded;
  // The ledger also knows messages that have left the source since: they are not counted as moved of what is there.
  const moved = Math.max(0, Math.min(stored, due - notMoved - inDoubt));
  const error = last !== undefined && !isComplete(last) ? endOf(last, working) : null;
  const base = {
    mailbox,
    moved,
    source_messages: due,
    lag: due - moved - notMoved - inDoubt,
    not_moved: notMoved,
    in_doubt: inDoubt,
    last_complete_pass: complete?.finishedAt ?? null,
    running_since: last?.finishedAt === null && working ? last.startedAt : null,
    error,
    waiting: wait === undefined ? null : { why: wait.why, until: wait.until },
    buckets: complete?.buckets ?? null,
    excluded,
  };
  return { ...base, phase: phaseOf(base, { started: last !== undefined, switched }), health: healthOf(base) };
}

const isComplete = ({ finishedAt, error }: PassRow): boolean => finishedAt !== null && error === null;

/** What ended a pass that is not complete; null: it still runs. */
function endOf(pass: PassRow, working: boolean): string | null {
  if (pass.finishedAt !== null) return pass.error;
  return working ? null : 'INTERRUPTED';
}

type Base = Omit<MailboxStanding, 'phase' | 'health'>;

function phaseOf(base: Base, { started, switched }: { started: boolean; switched: boolean }): Status['phase'] {
  if (switched) return 'cut over';
  if (!started) return 'planned';
  const settled = base.last_complete_pass !== null && base.running_since === null && base.error === null;
  return settled && base.lag === 0 && base.in_doubt === 0 ? 'in step' : 'syncing';
}

function healthOf({ error, not_moved: notMoved, waiting }: Base): Status['health'] {
  if (waiting !== null) return 'waiting';
  const known = Object.entries(ERROR_CODES).find(([code]) => code === error);
  switch (known?.[1][0]) {
    case undefined:
    case EXIT.interrupted:
      return notMoved > 0 ? 'needs you' : 'ok';
    case EXIT.temporary:
      return 'waiting';
    case EXIT.bug:
      return 'failed';
    default:
      return 'needs you';
  }
}

export interface Totals {
  moved: number;
  source_messages: number;
  lag: number;
  not_moved: number;
  in_doubt: number;
}

export function totalsOf(standings: readonly MailboxStanding[]): Totals {
  const sum = (field: keyof Totals): number => standings.reduce((total, standing) => total + standing[field], 0);
  return {
    moved: sum('moved'),
    source_messages: sum('source_messages'),
    lag: sum('lag'),
    not_moved: sum('not_moved'),
    in_doubt: sum('in_doubt'),
  };
}
