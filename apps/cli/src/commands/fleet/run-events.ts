import type { MailboxProgress, MxodusEvent, RunTask, TaskMailbox, TaskResult, Wait } from '@mxodus/model';

/** What is known of a mailbox before the run is looked at. */
export interface MailboxBefore {
  /** By the plan. */
  messages: number;
  /** By the ledger. */
  known: number;
  inDoubt: number;
}

interface Seen {
  started: boolean;
  progress: MailboxProgress | null;
  wait: Wait | null;
  result: TaskResult | null;
}

/** Makes the events of a sync of what two looks at a run of the fleet differ in. */
export class RunEvents {
  readonly #before: ReadonlyMap<string, MailboxBefore>;
  readonly #appendOnly: boolean;
  readonly #seen = new Map<string, Seen>();

  constructor(options: { before: ReadonlyMap<string, MailboxBefore>; appendOnly: boolean }) {
    this.#before = options.before;
    this.#appendOnly = options.appendOnly;
  }

  /** Tasks may be left out that have not changed. */
  look(tasks: readonly RunTask[]): MxodusEvent[] {
    return tasks.flatMap(({ mailboxes }) => mailboxes.flatMap((mailbox) => this.#changes(mailbox)));
  }

  #changes({ address, passId, progress, result }: TaskMailbox): MxodusEvent[] {
    const seen = this.#seen.get(address) ?? { started: false, progress: null, wait: null, result: null };
    this.#seen.set(address, seen);
    if (seen.result !== null) return [];
    const events: MxodusEvent[] = [];
    if (!seen.started && (passId !== null || progress !== null || result !== null)) {
      seen.started = true;
      const messages = result?.sourceMessages ?? progress?.messages;
      events.push(this.#started(address, messages));
    }
    if (result === null && progress !== null) events.push(...progressed(address, progress, seen));
    if (result !== null) {
      if (seen.wait !== null) events.push(waitOver(address));
      events.push(...finished(address, result));
      seen.result = result;
    }
    return events;
  }

  #started(mailbox: string, now: number | undefined): MxodusEvent {
    const { messages, known, inDoubt } = this.#before.get(mailbox) ?? { messages: 0, known: 0, inDoubt: 0 };
    return {
      type: 'mailbox_started',
      mailbox,
      source_messages: now ?? messages,
      known,
      in_doubt: inDoubt,
      append_only: this.#appendOnly,
    };
  }
}

function progressed(mailbox: string, progress: MailboxProgress, seen: Seen): MxodusEvent[] {
  const { settled: done, messages, bytes, wait, worker } = progress;
  const events: MxodusEvent[] = [];
  const last = seen.progress;
  if (last?.settled !== done || last.bytes !== bytes || last.messages !== messages || last.worker !== worker) {
    events.push({ type: 'progress', mailbox, folder: '', done, source_messages: messages, bytes, worker });
  }
  if (wait !== null && (wait.why !== seen.wait?.why || wait.until !== seen.wait.until)) {
    events.push({ type: 'waiting', mailbox, ...wait, over: false });
  }
  if (wait === null && seen.wait !== null) events.push(waitOver(mailbox));
  seen.progress = progress;
  seen.wait = wait;
  return events;
}

const waitOver = (mailbox: string): MxodusEvent => ({ type: 'waiting', mailbox, why: '', until: null, over: true });

function finished(mailbox: string, result: TaskResult): MxodusEvent[] {
  const { error, exitCode, sourceMessages, buckets, destinationWrites, bytes, flagsChanged } = result;
  const events: MxodusEvent[] = [];
  if (error !== null && error.code !== 'INTERRUPTED') {
    const { code, where, what, why, advice } = error;
    events.push({ type: 'error', code, where, what, why, do: advice });
  }
  events.push({
    type: 'mailbox_finished',
    mailbox,
    source_messages: sourceMessages,
    buckets,
    flags_changed: flagsChanged,
    destination_writes: destinationWrites,
    bytes,
    exit_code: exitCode,
  });
  return events;
}
