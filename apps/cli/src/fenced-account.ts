import { type FencedLease, type MailAccount, MxodusError } from '@mxodus/model';

/**
 * The same account; nothing that changes it is sent, and nothing that was begun is completed, unless `mayWrite` returns.
 *
 * @param mayWrite throws LEASE_LOST when another process may have taken over
 */
export function fencedAccount(account: MailAccount, mayWrite: () => void): MailAccount {
  const asked =
    (onWrite: (command: string) => void) =>
    (command: string): void => {
      mayWrite();
      onWrite(command);
    };
  return {
    server: account.server,
    user: account.user,
    open: (signal, onWrite) => account.open(signal, asked(onWrite)),
    openAppender: (signal, onWrite, mayCommit) =>
      account.openAppender(signal, asked(onWrite), () => {
        mayWrite();
        mayCommit?.();
      }),
  };
}

/** Of the lease: what a command, or the end of an append, may take from here until it leaves the machine. */
const MARGIN_SHARE = 1 / 10;

/** The lease a process works under, once it has one that can be lost. */
export class LateFence {
  readonly #marginMs: number;
  #lease: FencedLease | null = null;

  /** @param leaseMs how long a lease lasts without its holder */
  constructor(leaseMs: number) {
    this.#marginMs = leaseMs * MARGIN_SHARE;
  }

  use(lease: FencedLease | null): void {
    this.#lease = lease;
  }

  assertHeld(): void {
    if (this.#lease === null || this.#lease.heldForMs() >= this.#marginMs) return;
    throw new MxodusError('LEASE_LOST', {
      what: `this process was out of touch with PostgreSQL for too long to go on with "${this.#lease.name}"`,
      why: 'another process may have taken over; nothing more was sent',
      advice: 'give the same command again: it goes on where this one stopped',
    });
  }
}
