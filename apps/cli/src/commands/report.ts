import { writeFile } from 'node:fs/promises';
import { foldJournal } from '@mxodus/engine';
import { addBuckets, EXIT, type JournalEntry, MxodusError, noMessages } from '@mxodus/model';
import { z } from 'zod';
import { journalText } from '../views/journal-text.ts';
import { totalsOf } from '../views/mailbox-standing.ts';
import { commandLine, nextLine } from '../views/next-step.ts';
import { alterationEvent, notMovedEvent, type Report, reportText } from '../views/report.ts';
import { reportPage } from '../views/report-page/report-page.ts';
import { lookAtLedger } from './look-at-ledger.ts';
import { type OpenedPlan, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session } from './session.ts';

const optionsSchema = z.object({ html: z.string().optional() });

export const reportCommand: CliCommand = (program, start) => {
  program
    .command('report')
    .summary('what moved, what was altered, what did not move and why')
    .description('What moved, what was altered, what did not move and why. Reads the ledger only.')
    .argument('<plan>', 'the plan file')
    .option('--html <file>', 'write it as one page that needs nothing else')
    .action(
      start({ name: 'report' }, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        return show(session, opened, optionsSchema.parse(options).html);
      }),
    );
};

async function show({ output, now }: Session, opened: OpenedPlan, page: string | undefined): Promise<Outcome> {
  const report = await readReport(opened, now());
  report.alterations.forEach((row) => {
    output.line(alterationEvent(row));
  });
  report.notMoved.forEach((row) => {
    output.line(notMovedEvent(row));
  });
  output.print(reportText(report, output.width, output.style));
  if (page !== undefined) {
    await writePage(page, reportPage(report));
    output.print(`\nPage saved to ${page}.`);
  }
  const failed = report.notMoved.some(({ state }) => state === 'failed');
  if (failed) output.print(nextLine([commandLine('sync', [...opened.words, '--only-failed'])], output.style));
  return { exitCode: EXIT.done, summary: summaryOf(report) };
}

async function readReport(opened: OpenedPlan, now: Date): Promise<Report> {
  const ledger = await opened.project.readLedger();
  try {
    const { standings } = await lookAtLedger(opened, ledger);
    return {
      plan: opened.plan,
      standings,
      folders: onlyPlanned(opened, (await ledger?.folders()) ?? []),
      alterations: onlyPlanned(opened, (await ledger?.alterations()) ?? []),
      notMoved: onlyPlanned(opened, (await ledger?.notMoved()) ?? []),
      cutover: cutoverOf(await opened.project.journal()),
      now,
    };
  } finally {
    await ledger?.close();
  }
}

/** The ledger may hold mailboxes of other plans too. */
function onlyPlanned<T extends { address: string }>({ plan }: OpenedPlan, rows: readonly T[]): T[] {
  const planned = new Set(plan.mailboxes.map(({ address }) => address));
  return rows.filter(({ address }) => planned.has(address));
}

function cutoverOf(journal: readonly JournalEntry[]): Report['cutover'] {
  if (journal.length === 0) return null;
  const entries = journal.map((entry) => ({ time: entry.time, text: journalText(entry) }));
  return { state: foldJournal(journal).state, entries };
}

function summaryOf({ standings, alterations, notMoved }: Report): Record<string, unknown> {
  const buckets = standings.map((standing) => standing.buckets ?? noMessages()).reduce(addBuckets, noMessages());
  return { ...totalsOf(standings), buckets, alterations: alterations.length, not_moved_listed: notMoved.length };
}

async function writePage(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new MxodusError('USAGE', {
      what: `the page ${path} cannot be written`,
      why: error instanceof Error ? error.message : String(error),
      advice: 'name a file in a folder that is there and that you may write',
      cause: error,
    });
  }
}
