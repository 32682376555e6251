import { appendOnly } from '@mxodus/engine';
import { dryRun } from '@mxodus/mail';
import { EXIT, type Ledger, noMessages } from '@mxodus/model';
import { assertPlanFresh, syncPlan } from '@mxodus/runner';
import { z } from 'zod';
import { writeLog } from '../output/log-file.ts';
import { notMovedEvent } from '../views/report.ts';
import { syncVerdict } from '../views/sync.ts';
import { SyncProgress } from '../views/sync-progress.ts';
import { collect, filterWords, mailboxFilter } from './mailbox-filter.ts';
import { configWords, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session, Verb } from './session.ts';
import { withLedger } from './with-ledger.ts';

const optionsSchema = z.object({
  mailbox: z.array(z.string()),
  onlyFailed: z.boolean(),
  dryRun: z.boolean(),
});

type SyncOptions = z.output<typeof optionsSchema>;

export const syncCommand: CliCommand = (program, start) => {
  program
    .command('sync')
    .summary('copy what is not at the destination yet; again and again')
    .description('Copies what is not at the destination yet. Run it again to go on, or to bring in what is new.')
    .argument('<plan>', 'the plan file')
    .option('--mailbox <glob>', 'only these source addresses; * and ? as wildcards (repeatable)', collect, [])
    .option('--only-failed', 'only what was refused or unreadable before', false)
    .option('--dry-run', 'look at both ends and count what would be sent; change nothing', false)
    .action(start(VERB, (session, [planPath = ''], options) => sync(session, planPath, optionsSchema.parse(options))));
};

const VERB: Verb = {
  name: 'sync',
  emptySummary: { source_messages: 0, buckets: noMessages(), destination_writes: 0, bytes: 0, duration_ms: 0 },
};

async function sync(session: Session, planPath: string, options: SyncOptions): Promise<Outcome> {
  const { output, signal, now } = session;
  const opened = await openPlan(session, planPath);
  const { plan, project, words } = opened;
  assertPlanFresh(plan, project.loaded);
  const only = mailboxFilter(plan, options.mailbox);
  const mailboxes = plan.mailboxes.filter(only).map(({ address }) => address);
  const work = async (ledger: Ledger) => {
    session.logFile = project.logFile;
    const switched = appendOnly(await project.journal());
    const view = new SyncProgress({ mailboxes: mailboxes.length, style: output.progressStyle, log: output.isLog });
    const pass = await syncPlan({
      plan,
      accounts: (mailbox, onWait) => {
        const ends = project.accounts(mailbox, onWait);
        return options.dryRun ? { ...ends, destination: dryRun(ends.destination) } : ends;
      },
      limits: project.limits,
      ledger,
      engine: project.engine,
      only,
      onlyFailed: options.onlyFailed,
      dryRun: options.dryRun,
      appendOnly: () => switched,
      settleMs: project.config.sync.settle,
      tempDir: project.tempFolder,
      signal,
      emit: output.begin(view),
      now,
    });
    const rows = await ledger.notMoved();
    return { result: pass, notMoved: rows.filter(({ address }) => mailboxes.includes(address)) };
  };
  const { result, notMoved } = await withLedger(opened, work, options.dryRun ? 'copy' : 'ledger');
  output.end();
  for (const { error } of result.mailboxes) {
    if (error?.exitCode === EXIT.bug) writeLog(session.logFile, error, session);
  }
  const filtered = [...words, ...filterWords(options.mailbox)];
  for (const row of notMoved) output.line(notMovedEvent(row));
  const view = {
    result,
    notMoved,
    words: { config: configWords(session), plan: words, filtered },
    dryRun: options.dryRun,
  };
  output.print(syncVerdict(view, output.style));
  const { exitCode, sourceMessages, buckets, destinationWrites, bytes, durationMs } = result;
  return {
    exitCode,
    summary: {
      source_messages: sourceMessages,
      buckets,
      destination_writes: destinationWrites,
      bytes,
      duration_ms: Math.round(durationMs),
      ...(options.dryRun ? { dry_run: true } : {}),
    },
  };
}
