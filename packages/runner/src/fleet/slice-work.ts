import {
  type FencedLease,
  type JobSlice,
  type Ledger,
  type MailboxProgress,
  MxodusError,
  type MxodusEvent,
  type Plan,
  type PlanMailbox,
  type Run,
  type RunTask,
  type SliceEnd,
  type TaskMailbox,
  type Wait,
} from '@mxodus/model';
import type { PassOptions, SliceOrder } from '../sync/pass-over-mailbox.ts';
import { noCounts, type PassCounters } from '../sync/sync-context.ts';
import { onlyWhileHeld } from './lease-names.ts';
import type { FleetPorts, FleetProject } from './ports.ts';
import type { SliceClock } from './slice-clock.ts';

export const DONE: SliceEnd = { kind: 'done' };

/** What one slice of a job works with: it has the lease. */
export interface SliceWork {
  ports: FleetPorts;
  project: FleetProject;
  plan: Plan;
  run: Run;
  task: RunTask;
  /** Slices in a row that ended with a temporary error, of the mailbox it is at. */
  troubles: number;
  /** Of the plan, those of the task. */
  mailboxes: readonly PlanMailbox[];
  lease: FencedLease;
  ledger: Ledger;
  slice: JobSlice;
  clock: SliceClock;
  tempDir: string;
}

/** One mailbox of a slice, as far as it is. */
export interface MailboxView {
  counters: PassCounters;
  /** Settled messages when the slice began. */
  known: number;
  wait: Wait | null;
}

export const viewOf = ({ progress }: TaskMailbox): MailboxView => ({
  counters: {
    ...noCounts(),
    destinationWrites: progress?.destinationWrites ?? 0,
    bytes: progress?.bytes ?? 0,
    flagsChanged: progress?.flagsChanged ?? 0,
  },
  known: progress?.settled ?? 0,
  wait: null,
});

export function progressOf({ counters, known, wait }: MailboxView, planned: number, worker: string): MailboxProgress {
  const { destinationWrites, bytes, flagsChanged } = counters;
  const messages = counters.sourceMessages === 0 ? planned : counters.sourceMessages;
  const settled = Math.min(messages, Math.max(known, counters.settled));
  return { settled, messages, bytes, destinationWrites, flagsChanged, wait, worker };
}

/** @param onChange there is something to be told of the mailbox */
export function passOptions(work: SliceWork, view: MailboxView, onChange: () => void): PassOptions {
  const { ports, project, plan, run, ledger, slice, clock, tempDir } = work;
  return {
    plan,
    ledger,
    tempDir,
    accounts: (mailbox, onWait) =>
      project.accounts(
        mailbox,
        (wait) => {
          clock.waits(wait);
          onWait(wait);
        },
        ledger,
      ),
    limits: (server) => project.limits(server),
    onlyFailed: run.onlyFailed,
    appendOnly: () => run.appendOnly,
    settleMs: project.settleMs,
    signal: clock.signal,
    emit: (event) => {
      noteEvent(event, view);
      if (event.type === 'progress') {
        clock.gotOn();
        slice.tell({ settled: Math.max(view.known, event.done), messages: event.source_messages });
      }
      if (event.type === 'progress' || event.type === 'waiting' || event.type === 'mailbox_started') onChange();
      ports.emit?.(event, { project: run.project });
    },
    now: () => new Date(),
  };
}

function noteEvent(event: MxodusEvent, view: MailboxView): void {
  if (event.type === 'mailbox_started') view.known = event.known;
  if (event.type === 'waiting') view.wait = event.over ? null : { why: event.why, until: event.until };
}

/** What a pass may do while the lease is held. */
export function guards({ lease, ports }: SliceWork): Pick<SliceOrder, 'mayWrite' | 'mayCommit'> {
  const mayCommit = onlyWhileHeld(lease, ports.leaseMs);
  return { mayCommit, mayWrite: mayCommit };
}

/** Why the plan may not be followed any more; null: it may. */
export function staleness({ project, plan }: SliceWork): MxodusError | null {
  try {
    project.assertFresh(plan);
    return null;
  } catch (error) {
    if (error instanceof MxodusError) return error;
    throw error;
  }
}

/** It was asked to leave: the run may have been cancelled, or paused, then nothing comes after. */
export async function afterLeaving(work: SliceWork): Promise<'cancelled' | SliceEnd> {
  const { slice, ports, run, clock } = work;
  if (!slice.signal.aborted) return { kind: 'later', inMs: clock.restMs(new Date()) };
  const now = await ports.store.runs.run(run.id);
  if (now?.state === 'cancelled') return 'cancelled';
  // Fed again when it is to go on.
  return now?.state === 'paused' ? DONE : { kind: 'later', inMs: 0 };
}
