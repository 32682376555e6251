import type { MxodusEvent, PlanMailbox } from '@mxodus/model';
import { assertPlanFresh, verifyPlan } from '@mxodus/runner';
import { Option } from 'commander';
import { z } from 'zod';
import { Differences, verifyProgress, verifyVerdict } from '../views/verify.ts';
import { collect, filterWords, mailboxFilter } from './mailbox-filter.ts';
import { configWords, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session } from './session.ts';
import { tellWaits } from './tell-waits.ts';

const LEVELS = ['counts', 'headers', 'bytes'] as const;

const optionsSchema = z.object({ mailbox: z.array(z.string()), level: z.enum(LEVELS) });

type VerifyOptions = z.output<typeof optionsSchema>;

const NOTHING = { compared: 0, differences: 0, only_at_destination: 0 };

export const verifyCommand: CliCommand = (program, start) => {
  program
    .command('verify')
    .summary('compare both ends, message by message (reads only)')
    .description('Compares every message at both ends, read anew. Changes nothing.')
    .argument('<plan>', 'the plan file')
    .addOption(new Option('--level <how>', 'what is compared').choices(LEVELS).default('headers'))
    .option('--mailbox <glob>', 'only these source addresses; * and ? as wildcards (repeatable)', collect, [])
    .action(
      start({ name: 'verify', emptySummary: NOTHING }, (session, [planPath = ''], options) =>
        verify(session, planPath, optionsSchema.parse(options)),
      ),
    );
};

async function verify(session: Session, planPath: string, { level, mailbox }: VerifyOptions): Promise<Outcome> {
  const { output, signal } = session;
  const { plan, project, words } = await openPlan(session, planPath);
  assertPlanFresh(plan, project.loaded);
  const only = mailboxFilter(plan, mailbox);
  const chosen = plan.mailboxes.filter(only);
  const mailboxes = chosen.length;
  const keyed = chosen.filter(({ destination }) => plan.servers[destination.server]?.kind === 'exchange').length;
  const differences = new Differences();
  const named = { config: configWords(session), plan: words, filtered: [...words, ...filterWords(mailbox)] };
  const show = output.begin(verifyProgress(mailboxes, output));
  const emit = (event: MxodusEvent): void => {
    if (event.type === 'difference') differences.add(event);
    show(event);
  };
  const ledger = await project.openLedger();
  try {
    const { engine, tempFolder: tempDir } = project;
    const accounts = (mailbox: PlanMailbox) => project.accounts(mailbox, tellWaits(emit, mailbox.address));
    const result = await verifyPlan({ plan, level, accounts, ledger, engine, only, tempDir, signal, emit });
    output.end();
    output.print(verifyVerdict({ result, differences, level, mailboxes, keyed, words: named }, output.style));
    const { exitCode, compared, differences: found, onlyAtDestination } = result;
    return { exitCode, summary: { compared, differences: found, only_at_destination: onlyAtDestination } };
  } finally {
    await ledger.close();
  }
}
