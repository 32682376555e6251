import {
  type Emit,
  EXIT,
  type Ledger,
  MxodusError,
  noMessages,
  type Plan,
  type PlanMailbox,
  type Wait,
} from '@mxodus/model';
import type { ByteBudget } from './byte-budget.ts';
import { endsAtOnce } from './is-temporary.ts';
import { ledgerKey } from './ledger-key.ts';
import { type MailboxAccounts, MailboxConnections } from './mailbox-connections.ts';
import { destinationOf, type ServerLimits } from './mailbox-jobs.ts';
import { Suspects } from './suspects.ts';
import { type Backwards, noCounts, type PassCounters, type SyncContext } from './sync-context.ts';
import { type MailboxResult, mailboxExitCode, syncMailbox } from './sync-mailbox.ts';
import { Totals } from './totals.ts';
import { noteWait } from './waiting.ts';

/** What the passes over the mailboxes of a plan have in common. */
export interface PassOptions {
  plan: Plan;
  /** @param onWait called when the mailbox waits for a server, and with null when it does no longer */
  accounts(mailbox: PlanMailbox, onWait: (wait: Wait | null) => void): MailboxAccounts;
  limits(server: string): ServerLimits;
  ledger: Ledger;
  onlyFailed?: boolean;
  /** Counts as `moved_now` what would be sent. The accounts must refuse to write, and the ledger be a copy. */
  dryRun?: boolean;
  /** After the switch of the mailbox's domain: nothing is changed at the destination, only added. */
  appendOnly?: (mailbox: PlanMailbox) => boolean;
  /** Set where mail goes back, see reversePass; with `appendOnly` only. */
  backwards?: (mailbox: PlanMailbox) => Backwards;
  /** sync, or a pass of the cutover. */
  kind?: string;
  /** How long "it is not there" is not believed of a message in doubt; milliseconds. */
  settleMs: number;
  /** Large messages pass through it. */
  tempDir: string;
  /** Aborts when the pass has to end, or its slice: what is in flight is finished and written down. */
  signal: AbortSignal;
  emit: Emit;
  now: () => Date;
}

export interface MailboxOrder {
  mailbox: PlanMailbox;
  /** Connections that copy. */
  width: number;
  budget: ByteBudget;
}

/** A part of a pass. All slices of a mailbox are one pass, so that their counts add up, whoever did them and however they ended. */
export interface SliceOrder extends MailboxOrder {
  /** See beginPass. */
  passId: number;
  /** An earlier slice, or another process, may have done a part of it. */
  goesOn: boolean;
  /** Of this slice, as it goes. */
  counters: PassCounters;
  /** Called before each command that changes the destination, see MailAccount.open; what it throws ends the slice. */
  mayWrite(command: string): void;
  /** See MailAccount.openAppender. */
  mayCommit(): void;
}

export type SliceResult =
  | { kind: 'over'; result: MailboxResult }
  /** The pass is still open. `error` is temporary; null: the signal aborted. */
  | {
      kind: 'more';
      error: MxodusError | null;
      /** Ends the pass all the same, with this error, or as interrupted. */
      end(): Promise<MailboxResult>;
    };

/** One whole pass over one mailbox. What ends it early is in its result. */
export async function passOverMailbox(options: PassOptions, order: MailboxOrder): Promise<MailboxResult> {
  const pass = await MailboxPass.open(options, {
    ...order,
    passId: null,
    goesOn: false,
    counters: noCounts(),
    share: null,
  });
  const error = await pass.run();
  if (endsAtOnce(error)) throw error;
  return pass.finish(error === null ? null : errorOf(error, order.mailbox, options.signal));
}

/** Notes a pass that begins; returns its id. */
export async function beginPass(options: PassOptions, mailbox: PlanMailbox): Promise<number> {
  return startPass(options, await options.ledger.openMailbox(ledgerKey(mailbox)));
}

const startPass = ({ ledger, plan, kind, now }: PassOptions, mailboxId: number): Promise<number> =>
  ledger.startPass(mailboxId, { kind: kind ?? 'sync', planSha256: plan.sha256, startedAt: now().toISOString() });

/**
 * Goes on with a pass until it is over or the signal aborts:
 *
 *   it came to its end, or an error did that stays                      over; the ledger has its result
 *   the signal aborted, or the trouble is one that passes               more; the ledger has what was done
 *   LEASE_LOST or LEDGER_UNREACHABLE, from whatever was called          thrown; nothing more was written anywhere
 */
export async function sliceOfMailbox(options: PassOptions, order: SliceOrder): Promise<SliceResult> {
  const pass = await MailboxPass.open(options, { ...order, share: null });
  const error = await slice(pass, options, order.mailbox);
  const end = (): Promise<MailboxResult> => pass.finish(error);
  if (error?.code === 'INTERRUPTED') return { kind: 'more', error: null, end };
  if (error?.exitCode === EXIT.temporary) return { kind: 'more', error, end };
  return { kind: 'over', result: await end() };
}

/**
 * First copies of some source folders, while other processes have the rest, as a part of the same pass: no moves, deletes or labels. What
 * it leaves is done by the pass over the whole mailbox that follows. 'more': the signal aborted. Throws as sliceOfMailbox does.
 */
export async function sliceOfFolders(
  options: PassOptions,
  { share, ...order }: SliceOrder & { share: ReadonlySet<string> },
): Promise<{ kind: 'over' | 'more'; error: MxodusError | null }> {
  const pass = await MailboxPass.open(options, { ...order, share });
  const error = await slice(pass, options, order.mailbox);
  return error?.code === 'INTERRUPTED' ? { kind: 'more', error: null } : { kind: 'over', error };
}

async function slice(pass: MailboxPass, { signal }: PassOptions, mailbox: PlanMailbox): Promise<MxodusError | null> {
  const error = await pass.run();
  if (endsAtOnce(error)) throw error;
  if (error !== null && endsAtOnce(signal.reason)) throw signal.reason;
  return error === null ? null : errorOf(error, mailbox, signal);
}

type Ends = Pick<SliceOrder, 'mayWrite' | 'mayCommit'>;

class MailboxPass {
  readonly #options: PassOptions;
  readonly #context: SyncContext;
  readonly #totals = new Totals();

  private constructor(options: PassOptions, context: SyncContext) {
    this.#options = options;
    this.#context = context;
  }

  static async open(
    options: PassOptions,
    order: MailboxOrder &
      Partial<Ends> &
      Pick<SyncContext, 'counters' | 'share' | 'goesOn'> & { passId: number | null },
  ): Promise<MailboxPass> {
    const { ledger, plan, signal, emit, tempDir, settleMs } = options;
    const { mailbox, budget, counters, share, goesOn, width, mayCommit, mayWrite } = order;
    const mailboxId = await ledger.openMailbox(ledgerKey(mailbox));
    const siblings = plan.mailboxes.filter((one) => one !== mailbox && destinationOf(one) === destinationOf(mailbox));
    const siblingIds = await Promise.all(siblings.map((one) => ledger.openMailbox(ledgerKey(one))));
    const passId = order.passId ?? (await startPass(options, mailboxId));
    const onWait = (wait: Wait | null): void => {
      // A view that is late is no reason to stop; an unwritable ledger ends the pass at its next write.
      noteWait({ mailbox, mailboxId, ledger, emit }, wait).catch(() => undefined);
    };
    const connections = new MailboxConnections(options.accounts(mailbox, onWait), {
      ...{ width, signal },
      ...(mayCommit === undefined ? {} : { mayCommit }),
      onWrite: (command) => {
        mayWrite?.(command);
        counters.destinationWrites += 1;
      },
    });
    const rules = {
      newestFirst: plan.rules.newest_first,
      deletes: plan.rules.deletes,
      appendOnly: options.appendOnly?.(mailbox) ?? false,
      onlyFailed: options.onlyFailed ?? false,
      dryRun: options.dryRun ?? false,
      labels: options.limits(mailbox.source.server).labels,
      sharedDestination: siblings.length > 0,
    };
    return new MailboxPass(options, {
      ...{ mailbox, mailboxId, siblings: siblingIds, passId, goesOn, ledger, connections, budget, rules, share },
      backwards: options.backwards?.(mailbox) ?? null,
      ...{ settleMs, tempDir, emit, signal, counters, suspects: new Suspects(), forgottenFlags: null },
      ...{ labelFolders: [], labelKeywords: new Map<string, string>() },
    });
  }

  /** What ended it early; null: it came to its end. */
  async run(): Promise<unknown> {
    try {
      await syncMailbox(this.#context, this.#options.plan, this.#totals);
      return null;
    } catch (error) {
      return error ?? new Error('nothing was thrown');
    } finally {
      await this.#context.connections.close();
    }
  }

  /** Counts, and writes the pass down as finished. */
  async finish(error: MxodusError | null): Promise<MailboxResult> {
    const { mailbox, passId, ledger, counters, emit } = this.#context;
    const counted = await this.#totals.sum(this.#context);
    const { destinationWrites, bytes, flagsChanged } = counters;
    const exitCode = mailboxExitCode(counted.buckets, error);
    const result: MailboxResult = {
      ...{ address: mailbox.address, exitCode, destinationWrites, bytes, flagsChanged, error },
      ...counted,
    };
    const finishedAt = this.#options.now().toISOString();
    await ledger.finishPass(passId, { ...result, error: error?.code ?? null, finishedAt }).catch(async (refused) => {
      if (!(await this.#wasFinished())) throw refused;
    });
    report(emit, result);
    return result;
  }

  /** An earlier slice finished it, and was killed before it could tell: it counted the same pass. */
  async #wasFinished(): Promise<boolean> {
    const { ledger, passId } = this.#context;
    return (await ledger.lastPasses()).some(({ id, finishedAt }) => id === passId && finishedAt !== null);
  }
}

/** A bug in one mailbox ends that mailbox only: exit 1, and the others are as they are. */
function errorOf(error: unknown, mailbox: PlanMailbox, signal: AbortSignal): MxodusError {
  if (signal.aborted) {
    return new MxodusError('INTERRUPTED', {
      what: 'stopped before everything was moved',
      why: 'it was asked to stop; what was under way was finished and written down',
      advice: 'the same command goes on where it stopped',
      where: mailbox.address,
    });
  }
  if (error instanceof MxodusError) return error.at(mailbox.address);
  if (error instanceof Error && Reflect.get(error, 'code') === 'ENOSPC') {
    return new MxodusError('DISK_FULL', {
      what: 'the disk of the state folder is full',
      why: error.message,
      advice: 'free some space, then the same command; what is done is kept',
      where: mailbox.address,
      cause: error,
    });
  }
  return new MxodusError('UNEXPECTED', {
    what: error instanceof Error ? error.message : String(error),
    why: 'this is a bug in mxodus; the ledger is safe',
    advice: 'please report it with the log file; the same command goes on with the rest',
    where: mailbox.address,
    cause: error,
  });
}

function report(emit: Emit, { address, error, ...result }: MailboxResult): void {
  if (error !== null && error.code !== 'INTERRUPTED') {
    emit({
      type: 'error',
      code: error.code,
      where: error.where ?? null,
      what: error.what,
      why: error.why,
      do: error.advice,
    });
  }
  emit({
    type: 'mailbox_finished',
    mailbox: address,
    source_messages: result.sourceMessages,
    buckets: result.buckets,
    flags_changed: result.flagsChanged,
    destination_writes: result.destinationWrites,
    bytes: result.bytes,
    exit_code: result.exitCode,
  });
}

export const notStarted = (mailbox: PlanMailbox): MailboxResult => ({
  address: mailbox.address,
  exitCode: EXIT.interrupted,
  sourceMessages: 0,
  buckets: noMessages(),
  destinationWrites: 0,
  bytes: 0,
  flagsChanged: 0,
  error: null,
});
