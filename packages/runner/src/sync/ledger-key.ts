import type { MailboxKey, PlanMailbox } from '@mxodus/model';

/** The ledger's name for a mailbox: its address and both accounts. */
export const ledgerKey = (mailbox: PlanMailbox): MailboxKey => ({
  address: mailbox.address,
  source: `${mailbox.source.user}@${mailbox.source.server}`,
  destination: `${mailbox.destination.user}@${mailbox.destination.server}`,
});
