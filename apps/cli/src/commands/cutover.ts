import { setTimeout as pause } from 'node:timers/promises';
import type { CutoverPlan, MailboxBacklog } from '@mxodus/engine';
import {
  CUTOVER_STATES,
  type CutoverEvent,
  EXIT,
  type Ledger,
  type LedgerReader,
  type MxodusEvent,
  type PassRow,
  type Plan,
} from '@mxodus/model';
import { assertPlanFresh, cutoverCheck, cutoverRun, cutoverStatus, type LookPorts, openJournal } from '@mxodus/runner';
import { Option } from 'commander';
import { z } from 'zod';
import { checkText, runText, statusText } from '../views/cutover.ts';
import { CutoverProgress } from '../views/cutover-progress.ts';
import { passRunner } from './cutover-pass.ts';
import { type OpenedPlan, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session, Verb } from './session.ts';
import { withLedger } from './with-ledger.ts';

const runOptionsSchema = z.object({
  execute: z.boolean(),
  until: z.enum(CUTOVER_STATES).optional(),
  approve: z.string().optional(),
});

type RunOptions = z.output<typeof runOptionsSchema>;

const CHECK: Verb = { name: 'cutover check', emptySummary: { state: null, closed_gates: [] } };
const RUN: Verb = { name: 'cutover run', emptySummary: { state: null, late_messages: 0 } };

export const cutoverCommand: CliCommand = (program, start) => {
  const cutover = program
    .command('cutover')
    .summary('switch the MX: lower the TTL, wait, final delta, switch, drain, restore')
    .description('Switches the MX of the plan’s domains with no mail lost. `run` changes nothing without --execute.');
  cutover
    .command('check')
    .description('Asks every gate `run` would meet now. Changes nothing; exit 6 when one is closed.')
    .argument('<plan>', 'the plan file')
    .action(start(CHECK, (session, [planPath = '']) => check(session, planPath)));
  cutover
    .command('status')
    .description('State, what is waited for, until when, who can release it, what a rollback costs now.')
    .argument('<plan>', 'the plan file')
    .action(start({ name: 'cutover status' }, (session, [planPath = '']) => status(session, planPath)));
  cutover
    .command('run')
    .description('Does the cutover, or goes on with it. Without --execute: gates and changes only, exit 8.')
    .argument('<plan>', 'the plan file')
    .option('--execute', 'make the changes', false)
    .addOption(new Option('--until <state>', 'stop once this state is reached').choices(CUTOVER_STATES))
    .option('--approve <hash>', 'run only the plan with this hash (at least 6 characters of it)')
    .action(start(RUN, (session, [planPath = ''], options) => run(session, planPath, runOptionsSchema.parse(options))));
};

async function check(session: Session, planPath: string): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  assertPlanFresh(opened.plan, opened.project.loaded);
  const { output } = session;
  const { status: found, closed } = await cutoverCheck(await looking(session, opened));
  const event: CutoverEvent = { type: 'cutover_gates', state: found.state, gates: found.gates };
  output.line(event);
  output.print(checkText({ ...viewOf(session, opened), status: found, closed }, output.style));
  return {
    exitCode: closed.length > 0 ? EXIT.gate : EXIT.done,
    summary: { state: found.state, closed_gates: closed.map(({ id }) => id) },
  };
}

/** With --json exactly one line, the status itself. */
async function status(session: Session, planPath: string): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  const { output } = session;
  const found = await cutoverStatus(await looking(session, opened));
  if (output.json) output.document(`${JSON.stringify(found)}\n`);
  output.print(statusText({ ...viewOf(session, opened), status: found }, output.style));
  return { exitCode: EXIT.done, summary: null };
}

async function run(session: Session, planPath: string, options: RunOptions): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  assertPlanFresh(opened.plan, opened.project.loaded);
  return withLedger(opened, (ledger) => runWith(session, { opened, ledger, options }));
}

async function runWith(
  session: Session,
  { opened, ledger, options }: { opened: OpenedPlan; ledger: Ledger; options: RunOptions },
): Promise<Outcome> {
  const { output, signal } = session;
  const { project } = opened;
  session.logFile = project.logFile;
  const view = viewOf(session, opened);
  const seen: CutoverEvent[] = [];
  // Without --execute nothing takes time: what is found is the result.
  const show = options.execute
    ? output.begin(new CutoverProgress({ ...view, style: output.progressStyle, log: output.isLog }))
    : (event: CutoverEvent | MxodusEvent) => output.line(event);
  const emit = (event: CutoverEvent | MxodusEvent): void => {
    show(event);
    // What a person has to do is a result, not progress: it is there with --progress quiet too.
    if (event.type === 'cutover_instructions') output.print(event.text);
    if (event.type === 'cutover_gates' || event.type === 'cutover_change') seen.push(event);
  };
  const { execute, until, approve } = options;
  const result = await cutoverRun({
    plan: cutoverPlan(opened),
    execute,
    ...(until === undefined ? {} : { until }),
    ...(approve === undefined ? {} : { approve }),
    ports: {
      ...lookPorts(session, opened, () => backlogOf(opened.plan, ledger)),
      runPass: passRunner(session, { opened, ledger, emit }),
      sleep: (ms, abort) => pause(ms, undefined, { signal: abort }),
    },
    journal: await openJournal(project.journalPath),
    emit,
    signal,
  });
  output.end();
  output.print(runText({ ...view, result, execute, events: seen }, output.style));
  const { exitCode, state, lateMessages } = result;
  return { exitCode, summary: { state, late_messages: lateMessages, plan: opened.plan.sha256 } };
}

async function looking(session: Session, opened: OpenedPlan): Promise<Parameters<typeof cutoverStatus>[0]> {
  const backlog = async (): Promise<MailboxBacklog[]> => {
    const ledger = await opened.project.readLedger();
    try {
      return await backlogOf(opened.plan, ledger);
    } finally {
      await ledger?.close();
    }
  };
  return {
    plan: cutoverPlan(opened),
    entries: await opened.project.journal(),
    ports: lookPorts(session, opened, backlog),
    signal: session.signal,
  };
}

function lookPorts(session: Session, { project }: OpenedPlan, backlog: LookPorts['backlog']): LookPorts {
  return {
    observer: project.observer(),
    providerFor: (domain) => project.provider(domain),
    backlog,
    now: () => session.now().getTime(),
  };
}

const cutoverPlan = ({ plan, project }: OpenedPlan): CutoverPlan => ({
  sha256: plan.sha256,
  domains: plan.domains,
  settings: project.config.cutover,
});

/** Where the sync of every mailbox stands, by the ledger. What can never be moved (`cannot`) holds nothing up. */
async function backlogOf(plan: Plan, ledger: LedgerReader | null): Promise<MailboxBacklog[]> {
  const passes = Map.groupBy((await ledger?.lastPasses()) ?? [], ({ address }) => address);
  const counts = new Map((await ledger?.counts())?.map((row) => [row.address, row]));
  return plan.mailboxes.map(({ address }) => ({
    mailbox: address,
    lastPass: lastPass(passes.get(address)?.at(-1)),
    inDoubt: counts.get(address)?.intent ?? 0,
    failed: counts.get(address)?.failed ?? 0,
  }));
}

function lastPass(last: PassRow | undefined): MailboxBacklog['lastPass'] {
  if (last === undefined) return 'never';
  return last.finishedAt !== null && last.error === null ? 'complete' : 'incomplete';
}

const viewOf = (session: Session, { plan, project, words }: OpenedPlan) => ({
  domains: plan.domains,
  window: project.config.cutover.window,
  words,
  now: session.now,
});
