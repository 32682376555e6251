import { appendOnly, foldJournal } from '@mxodus/engine';
import type { LedgerReader } from '@mxodus/model';
import type { LeaseHolder } from '@mxodus/queue';
import { type MailboxStanding, mailboxStandings } from '../views/mailbox-standing.ts';
import type { OpenedPlan } from './open-plan.ts';

export interface Look {
  standings: MailboxStanding[];
  holder: LeaseHolder | null;
  /** State of the cutover; null: it has not begun. */
  cutover: string | null;
}

/** How things stand, by what is on this disk. `ledger` is null before the first sync. */
export async function lookAtLedger({ plan, project }: OpenedPlan, ledger: LedgerReader | null): Promise<Look> {
  const journal = await project.journal();
  const holder = project.leases.holder(plan.project);
  const standings = mailboxStandings(plan, {
    passes: (await ledger?.lastPasses()) ?? [],
    counts: (await ledger?.counts()) ?? [],
    waits: (await ledger?.waits()) ?? [],
    working: holder !== null,
    switched: appendOnly(journal),
  });
  return { standings, holder, cutover: journal.length === 0 ? null : foldJournal(journal).state };
}
