import { dirname, join } from 'node:path';
import { type Emit, EXIT, MxodusError, type Plan } from '@mxodus/model';
import { makePlan, planServers, writePlan } from '@mxodus/runner';
import { z } from 'zod';
import type { Project } from '../compose.ts';
import { type ResolvedMailbox, resolveMailboxes } from '../config/resolve-mailboxes.ts';
import { commandLine, nextLine } from '../views/next-step.ts';
import { noPlanText, planProgress, planText } from '../views/plan.ts';
import { configWords, openPlan, openProjectOf } from './open-plan.ts';
import { planDomains } from './plan-domains.ts';
import type { CliCommand, Outcome, Session } from './session.ts';
import { simulatePlan } from './simulate-plan.ts';
import { surveyBusiest } from './survey.ts';
import { endsOf } from './tell-waits.ts';
import { pacesOf, plannedTenants, tenantsOf } from './tenants.ts';
import { wholeNumber } from './whole-number.ts';

const optionsSchema = z.object({
  output: z.string().optional(),
  simulate: z.boolean().default(false),
  workers: z.number().nullable().default(null),
});

type PlanOptions = z.output<typeof optionsSchema>;

const MOST_WORKERS = 1000;

export const planCommand: CliCommand = (program, start) => {
  program
    .command('plan')
    .summary('what goes where, and what will not fit (reads only)')
    .description(
      'Looks at every mailbox at both ends and writes a plan: what goes where, what is renamed, what will not fit. ' +
        'Into one mailbox of an Exchange tenant it writes one test message, and removes it.',
    )
    .argument('[plan]', 'with --simulate: a plan made before; no server is asked and nothing is written')
    .option('-o, --output <file>', 'the plan file (default: <project>.plan.json beside the config)')
    .option('--simulate', 'how long the first copy will take, what decides that, and how many workers pay', false)
    .option('--workers <n>', 'with --simulate: by so many workers of a fleet', wholeNumber(1, MOST_WORKERS))
    .action(
      start({ name: 'plan' }, (session, [made], words) => {
        const options = optionsSchema.parse(words);
        checkOptions(made, options);
        return made === undefined ? plan(session, options) : simulateMade(session, made, options);
      }),
    );
};

function checkOptions(made: string | undefined, { simulate, workers, output }: PlanOptions): void {
  const wrong =
    (made !== undefined || workers !== null) && !simulate
      ? `${made === undefined ? '--workers' : 'a plan made before'} is for --simulate only`
      : made !== undefined && output !== undefined
        ? 'a plan made before is not written again: --output is for new ones'
        : null;
  if (wrong === null) return;
  throw new MxodusError('USAGE', {
    what: wrong,
    why: 'plan makes a plan of the config; --simulate says how long it will take',
    advice: `mxodus plan --simulate${made === undefined ? '' : ` ${made}`}${workers === null ? '' : ` --workers ${workers}`}`,
  });
}

/** The limits are those of the config as it is now: that is what one tries out. */
async function simulateMade(session: Session, made: string, { workers }: PlanOptions): Promise<Outcome> {
  const { output } = session;
  const opened = await openPlan(session, made);
  const { text, json } = simulatePlan({ plan: opened.plan, config: opened.project.config, workers }, output.style);
  output.print(text);
  output.print(nextLine([commandLine('sync', opened.words)], output.style));
  return { exitCode: EXIT.done, summary: { ...summaryOf(opened.plan, made), simulation: json } };
}

async function plan(session: Session, { output: named, simulate, workers }: PlanOptions): Promise<Outcome> {
  const { output, signal, now } = session;
  const project = await openProjectOf(session);
  const emit = output.begin(planProgress(project.mailboxes.length, output));
  const tenants = tenantsOf(project, signal);
  const dns = await planDomains(project, tenants, signal);
  const busiest = await surveyBusiest(project, session, emit);
  const mailboxes = busiest === undefined ? project.mailboxes : resolveMailboxes(project.loaded, busiest);
  const result = await makePlan({
    project: project.config.project,
    version: session.version,
    configSha256: project.loaded.sha256,
    servers: planServers(project.config),
    mailboxes: targets(project, mailboxes, emit),
    rules: project.config.sync,
    ...dns,
    tenants: plannedTenants(tenants, project.config),
    paces: pacesOf(project.config),
    engine: project.engine,
    signal,
    emit,
    now,
  });
  output.end();
  if (result.kind === 'failed') {
    const { at, errors } = result;
    output.print(noPlanText({ at, errors: errors.length, mailboxes: project.mailboxes.length }, output.style));
    output.print(nextLine([commandLine('check', configWords(session))], output.style));
    return { exitCode: result.exitCode };
  }
  const path = named ?? join(dirname(project.loaded.path), `${project.config.project}.plan.json`);
  await writePlan(path, result.plan, { replace: named === undefined });
  const simulated = simulate
    ? simulatePlan({ plan: result.plan, config: project.config, workers }, output.style)
    : null;
  const view = { plan: result.plan, path, configWords: configWords(session) };
  output.print(planText(simulated === null ? view : { ...view, simulation: simulated.text }, output.style));
  const summary = summaryOf(result.plan, path);
  return { exitCode: EXIT.done, summary: simulated === null ? summary : { ...summary, simulation: simulated.json } };
}

const targets = (project: Project, mailboxes: readonly ResolvedMailbox[], emit: Emit) =>
  mailboxes.map((mailbox) => ({
    address: mailbox.address,
    destinationAddress: mailbox.destination.address,
    wave: mailbox.wave,
    ...endsOf(project, mailbox, emit),
  }));

function summaryOf(made: Plan, path: string): Record<string, unknown> {
  const { sha256, mailboxes } = made;
  const ofMailboxes = mailboxes.flatMap(({ address, warnings }) =>
    warnings.map((warning) => ({ mailbox: address, ...warning })),
  );
  return {
    plan: path,
    sha256,
    mailboxes: mailboxes.length,
    source_messages: mailboxes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: mailboxes.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(made.estimate === undefined ? {} : { estimate: made.estimate }),
    warnings: [...made.warnings.map((warning) => ({ mailbox: null, ...warning })), ...ofMailboxes],
  };
}
