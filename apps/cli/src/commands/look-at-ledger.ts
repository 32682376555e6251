import { appendOnly, foldJournal } from '@mxodus/engine';
import type { LedgerReader, Run } from '@mxodus/model';
import type { LeaseHolder } from '@mxodus/queue';
import { type MailboxStanding, mailboxStandings } from '../views/mailbox-standing.ts';
import { openRunOf } from './fleet/open-run.ts';
import type { OpenedPlan } from './open-plan.ts';

export interface Look {
  standings: MailboxStanding[];
  /** Who works on it; a text where another machine said so. */
  holder: LeaseHolder | string | null;
  /** The one a fleet has under way. */
  run: Run | null;
  /** State of the cutover; null: it has not begun. */
  cutover: string | null;
}

/** How things stand, by what is on this disk. `ledger` is null before the first sync. */
export async function lookAtLedger({ plan, project }: OpenedPlan, ledger: LedgerReader | null): Promise<Look> {
  const journal = await project.journal();
  const holder = await project.leases.holder(plan.project);
  const run = await openRunOf(project);
  const standings = mailboxStandings(plan, {
    passes: (await ledger?.lastPasses()) ?? [],
    counts: (await ledger?.counts()) ?? [],
    waits: (await ledger?.waits()) ?? [],
    // Between two slices of a fleet nobody holds a mailbox that is under way.
    working: holder !== null || run !== null,
    switched: appendOnly(journal),
  });
  return { standings, holder, run, cutover: journal.length === 0 ? null : foldJournal(journal).state };
}
