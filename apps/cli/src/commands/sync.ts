import { appendOnly } from '@mxodus/engine';
import { dryRun as neverWriting } from '@mxodus/mail';
import { EXIT, MxodusError, type NotMovedRow, noMessages, type PlanMailbox } from '@mxodus/model';
import { assertPlanFresh, type SyncResult, syncPlan } from '@mxodus/runner';
import { Option } from 'commander';
import { z } from 'zod';
import { writeLog } from '../output/log-file.ts';
import type { CommandWords } from '../views/next-step.ts';
import { notMovedEvent } from '../views/report.ts';
import { syncVerdict } from '../views/sync.ts';
import { SyncProgress } from '../views/sync-progress.ts';
import { collect, filterWords, mailboxFilter } from './mailbox-filter.ts';
import { configWords, type OpenedPlan, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session, Verb } from './session.ts';
import { type ProjectWork, withLedger } from './with-ledger.ts';

const QUEUES = ['inline', 'bullmq'] as const;

const optionsSchema = z.object({
  mailbox: z.array(z.string()),
  onlyFailed: z.boolean(),
  dryRun: z.boolean(),
  queue: z.enum(QUEUES).optional(),
  detach: z.boolean(),
});

type SyncOptions = z.output<typeof optionsSchema>;

export const syncCommand: CliCommand = (program, start) => {
  program
    .command('sync')
    .summary('copy what is not at the destination yet; again and again')
    .description(
      'Copies what is not at the destination yet. Run it again to go on, or to bring in what is new. With a fleet the workers do it: ' +
        'this command orders it and follows; Ctrl-C leaves it going (exit 130), and the same command follows it again.',
    )
    .argument('<plan>', 'the plan file')
    .option('--mailbox <glob>', 'only these source addresses; * and ? as wildcards (repeatable)', collect, [])
    .option('--only-failed', 'only what was refused or unreadable before', false)
    .option('--dry-run', 'look at both ends and count what would be sent; change nothing', false)
    .addOption(new Option('--queue <kind>', 'who does it: this process, or the fleet').choices(QUEUES))
    .option('--detach', 'of a fleet: order it and leave', false)
    .action(start(VERB, (session, [planPath = ''], options) => sync(session, planPath, optionsSchema.parse(options))));
};

const VERB: Verb = {
  name: 'sync',
  emptySummary: { source_messages: 0, buckets: noMessages(), destination_writes: 0, bytes: 0, duration_ms: 0 },
};

interface Synced {
  result: SyncResult;
  notMoved: readonly NotMovedRow[];
  /** Of the fleet; null: this process did it. */
  run: number | null;
}

async function sync(session: Session, planPath: string, options: SyncOptions): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  const { plan, project, words } = opened;
  assertPlanFresh(plan, project.loaded);
  const queue = options.queue ?? project.config.queue.kind;
  assertFits(options, queue);
  const mailboxes = plan.mailboxes.filter(mailboxFilter(plan, options.mailbox));
  const filtered = [...words, ...filterWords(options.mailbox)];
  const named = { config: configWords(session), plan: words, filtered };
  if (queue === 'inline')
    return show(session, await syncHere(session, opened, { mailboxes, options }), { named, options });
  const again = [...filtered, ...(options.onlyFailed ? ['--only-failed'] : []), ...queueWords(options)];
  const { fleetSync } = await import('./fleet/fleet-sync.ts');
  const { onlyFailed, detach } = options;
  const end = await fleetSync(session, opened, { mailboxes, onlyFailed, detach, words: { plan: words, sync: again } });
  return end.kind === 'left' ? end.outcome : show(session, { ...end, run: end.run.id }, { named, options });
}

const queueWords = ({ queue }: SyncOptions): string[] => (queue === undefined ? [] : ['--queue', queue]);

function assertFits({ dryRun, detach }: SyncOptions, queue: (typeof QUEUES)[number]): void {
  if (queue === 'bullmq' && dryRun) {
    throw new MxodusError('USAGE', {
      what: '--dry-run is not for a fleet',
      why: 'it changes nothing, also not the ledger that the workers share',
      advice: 'let this process look: the same command with --queue inline',
    });
  }
  if (queue === 'inline' && detach) {
    throw new MxodusError('USAGE', {
      what: '--detach is for a fleet',
      why: 'here this process does the work itself (`queue.kind: inline`)',
      advice: 'leave it out, or set up a fleet (docs/fleet.md)',
    });
  }
}

async function syncHere(
  session: Session,
  opened: OpenedPlan,
  { mailboxes, options }: { mailboxes: readonly PlanMailbox[]; options: SyncOptions },
): Promise<Synced> {
  const { plan, project } = opened;
  const { dryRun, onlyFailed } = options;
  const chosen = new Set(mailboxes.map(({ address }) => address));
  const work: ProjectWork<Synced> = async (ledger, { output, signal, now }) => {
    const switched = appendOnly(await project.journal());
    const view = new SyncProgress({ mailboxes: mailboxes.length, style: output.progressStyle, log: output.isLog });
    const result = await syncPlan({
      plan,
      accounts: (mailbox, onWait) => {
        const ends = project.accounts(mailbox, onWait);
        return dryRun ? { ...ends, destination: neverWriting(ends.destination) } : ends;
      },
      limits: project.limits,
      ledger,
      engine: project.engine,
      only: ({ address }) => chosen.has(address),
      onlyFailed,
      dryRun,
      appendOnly: () => switched,
      settleMs: project.config.sync.settle,
      tempDir: project.tempFolder,
      signal,
      emit: output.begin(view),
      now,
    });
    const notMoved = (await ledger.notMoved()).filter(({ address }) => chosen.has(address));
    return { result, notMoved, run: null };
  };
  try {
    return await withLedger(session, opened, work, dryRun ? 'copy' : 'ledger');
  } finally {
    session.output.end();
  }
}

function show(
  session: Session,
  { result, notMoved, run }: Synced,
  { named, options: { dryRun } }: { named: CommandWords; options: SyncOptions },
): Outcome {
  const { output } = session;
  for (const { error } of result.mailboxes) {
    if (error?.exitCode === EXIT.bug) writeLog(session.logFile, error, session);
  }
  for (const row of notMoved) output.line(notMovedEvent(row));
  output.print(syncVerdict({ result, notMoved, words: named, dryRun }, output.style));
  const { exitCode, sourceMessages, buckets, destinationWrites, bytes, durationMs } = result;
  return {
    exitCode,
    summary: {
      source_messages: sourceMessages,
      buckets,
      destination_writes: destinationWrites,
      bytes,
      duration_ms: Math.round(durationMs),
      ...(dryRun ? { dry_run: true } : {}),
      ...(run === null ? {} : { run }),
    },
  };
}
