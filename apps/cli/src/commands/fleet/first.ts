import { jobIdOf } from '@mxodus/engine';
import { EXIT, MxodusError, type Plan } from '@mxodus/model';
import { counted } from '../../output/figures.ts';
import { commandLine, nextLine } from '../../views/next-step.ts';
import { openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import type { FleetVerb } from './fleet-verb.ts';
import { openFleet, requireRun } from './opened-fleet.ts';

export const firstVerb: FleetVerb = (fleet, start) => {
  fleet
    .command('first')
    .description('Puts mailboxes before all others of the fleet.')
    .argument('<plan>', 'the plan file')
    .argument('<addresses...>', 'source addresses')
    .action(
      start({ name: 'fleet first' }, (session, [planPath = '', ...addresses]) => first(session, planPath, addresses)),
    );
};

async function first(session: Session, planPath: string, addresses: readonly string[]): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  assertPlanned(opened.plan, addresses);
  const fleet = await openFleet(session, opened);
  const run = await requireRun(opened, fleet);
  const tasks = await fleet.store.runs.first(run.id, addresses);
  // Who fills the queue looks at the ledger; what is in line already is put forward here.
  await fleet.withQueue((queue) => queue.first(tasks.map((id) => jobIdOf(id))));
  const { output } = session;
  const done =
    tasks.length === 0
      ? 'has ended with these mailboxes already'
      : `begins ${counted(addresses.length, 'mailbox')} as soon as there is a place`;
  output.print(`${output.style.bold(`Run ${run.id}`)} ${done}.`);
  output.print(nextLine([commandLine('fleet status', opened.words)], output.style));
  return { exitCode: EXIT.done, summary: { run: run.id, tasks: tasks.length } };
}

function assertPlanned(plan: Plan, addresses: readonly string[]): void {
  const planned = new Set(plan.mailboxes.map(({ address }) => address));
  const unknown = addresses.filter((address) => !planned.has(address));
  if (unknown.length === 0) return;
  throw new MxodusError('USAGE', {
    what: `the plan has no mailbox ${unknown.join(', ')}`,
    why: `it has ${plan.mailboxes.length}, such as ${plan.mailboxes[0]?.address ?? 'none'}`,
    advice: 'name source addresses as the plan has them',
  });
}
