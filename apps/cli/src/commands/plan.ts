import { dirname, join } from 'node:path';
import { type Emit, EXIT, type Plan } from '@mxodus/model';
import { makePlan, planServers, writePlan } from '@mxodus/runner';
import { z } from 'zod';
import type { Project } from '../compose.ts';
import { type ResolvedMailbox, resolveMailboxes } from '../config/resolve-mailboxes.ts';
import { commandLine, nextLine } from '../views/next-step.ts';
import { noPlanText, planProgress, planText } from '../views/plan.ts';
import { configWords, openProjectOf } from './open-plan.ts';
import { planDomains } from './plan-domains.ts';
import type { CliCommand, Outcome, Session } from './session.ts';
import { surveyBusiest } from './survey.ts';
import { endsOf } from './tell-waits.ts';
import { pacesOf, plannedTenants, tenantsOf } from './tenants.ts';

const optionsSchema = z.object({ output: z.string().optional() });

export const planCommand: CliCommand = (program, start) => {
  program
    .command('plan')
    .summary('what goes where, and what will not fit (reads only)')
    .description(
      'Looks at every mailbox at both ends and writes a plan: what goes where, what is renamed, what will not fit. ' +
        'Into one mailbox of an Exchange tenant it writes one test message, and removes it.',
    )
    .option('-o, --output <file>', 'the plan file (default: <project>.plan.json beside the config)')
    .action(start({ name: 'plan' }, (session, _words, options) => plan(session, optionsSchema.parse(options).output)));
};

async function plan(session: Session, named: string | undefined): Promise<Outcome> {
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
  output.print(planText({ plan: result.plan, path, configWords: configWords(session) }, output.style));
  return { exitCode: EXIT.done, summary: summaryOf(result.plan, path) };
}

const targets = (project: Project, mailboxes: readonly ResolvedMailbox[], emit: Emit) =>
  mailboxes.map((mailbox) => ({
    address: mailbox.address,
    destinationAddress: mailbox.destination.address,
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
