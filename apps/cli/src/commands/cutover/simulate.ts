import { EXIT, MxodusError } from '@mxodus/model';
import { readPlan } from '@mxodus/runner';
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { FAULTS } from '../../simulate/faults.ts';
import { faultList } from '../../views/simulate.ts';
import type { Outcome, Session } from '../session.ts';
import { wholeNumber } from '../whole-number.ts';
import type { CutoverVerb } from './verb.ts';

const KEPT = 'simulation';

const optionsSchema = z.object({
  fault: z.array(z.enum(FAULTS)).default([]),
  listFaults: z.boolean().default(false),
  keep: z.boolean().default(false),
  mailboxes: z.int().positive(),
});

type Options = z.output<typeof optionsSchema>;

export const simulateVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('simulate')
    .summary('rehearse the cutover of a plan with servers on this machine')
    .description(
      'Rehearses the cutover of a plan with real name, mail and IMAP servers on this machine, under mail, in about a minute. Only the plan file is read; your servers and zones are not asked. Exit 6 when a mail is lost, doubled or bounced, or when the cutover does not come to its end.',
    )
    .argument('[plan]', 'the plan file')
    .addOption(
      new Option('--fault <name>', 'what goes wrong on purpose; may be given again')
        .choices(FAULTS)
        .argParser(repeated),
    )
    .option('--list-faults', 'the faults there are', false)
    .option('--keep', `keep its config, plan, journal and report in ./${KEPT}`, false)
    .option('--mailboxes <n>', 'play at most so many mailboxes', wholeNumber(1), 50)
    .action(
      start({ name: 'cutover simulate' }, (session, [planPath], options) =>
        simulate(session, planPath, optionsSchema.parse(options)),
      ),
    );
};

async function simulate(session: Session, planPath: string | undefined, options: Options): Promise<Outcome> {
  if (options.listFaults) {
    session.output.print(faultList());
    return { exitCode: EXIT.done, summary: { faults: FAULTS } };
  }
  if (planPath === undefined) throw noPlan();
  const plan = await readPlan(planPath);
  if (plan.domains.length === 0) throw noDomains(planPath);
  // Only the simulation needs the lab; every other verb starts without it.
  const { runSimulation } = await import('../../simulate/run-simulation.ts');
  const { fault: faults, keep, mailboxes } = options;
  return runSimulation(session, plan, { faults, keep: keep ? KEPT : null, mailboxes });
}

/** Commander hands over what was given before; a parser takes the place of its check of the choices. */
function repeated(value: string, before: unknown): unknown[] {
  if (!FAULTS.some((name) => name === value)) {
    throw new InvalidArgumentError(`Allowed choices are ${FAULTS.join(', ')}.`);
  }
  return [...(Array.isArray(before) ? before : []), value];
}

const noPlan = (): MxodusError =>
  new MxodusError('USAGE', {
    what: 'no plan was named',
    why: 'it is the plan’s own domains, hosts and mailboxes that are rehearsed',
    advice: 'mxodus cutover simulate acme.plan.json',
  });

const noDomains = (planPath: string): MxodusError =>
  new MxodusError('PLAN_INVALID', {
    what: `the plan ${planPath} has no domain to cut over`,
    why: 'the config it was made from has no `domains`',
    advice: 'add `domains` to the config and plan again',
  });
