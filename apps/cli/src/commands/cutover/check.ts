import { existsSync } from 'node:fs';
import { closedGates } from '@mxodus/engine';
import { type CutoverEvent, type CutoverState, EXIT, type Gate, MxodusError } from '@mxodus/model';
import { assertPlanFresh, cutoverCheck } from '@mxodus/runner';
import { z } from 'zod';
import { lookPorts } from '../../cutover-ports.ts';
import { checkText } from '../../views/cutover.ts';
import { domainCheckText } from '../../views/domain-check.ts';
import { openPlan } from '../open-plan.ts';
import type { Outcome, Session, Verb } from '../session.ts';
import { wholeNumber } from '../whole-number.ts';
import { checkDomain } from './check-domain.ts';
import { cutoverPlan, viewOf } from './opened-cutover.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({
  to: z.array(z.string()).default([]),
  recipients: z.string().optional(),
  resolver: z.string().optional(),
  authoritative: z.array(z.string()).default([]),
  dkim: z.array(z.string()).default([]),
  smtpPort: z.int(),
});

const VERB: Verb = { name: 'cutover check', emptySummary: { state: null, closed_gates: [] } };

export const checkVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('check')
    .summary('the gates of a plan, or of a domain without any plan')
    .description(
      'Asks every gate `run` would meet now; or, with a domain in place of a plan, what DNS and mail hosts alone tell, without config, plan or credentials. Changes nothing; exit 6 when a gate is closed.',
    )
    .argument('<plan-or-domain>', 'the plan file, or a domain such as example.com')
    .option('--to <host>', 'a mail host the domain will move to; may be given again', collect)
    .option('--recipients <file>', 'addresses to ask the mail hosts for: one a line, or a CSV with a column `address`')
    .option('--resolver <host:port>', 'the resolver to ask; default: the system’s')
    .option('--authoritative <host:port>', 'a name server of the zone; may be given again; default: found', collect)
    .option('--dkim <selector>', 'a DKIM selector to look for; may be given again', collect)
    .option('--smtp-port <n>', 'port of the mail hosts', wholeNumber(1, 65535), 25)
    .action(
      start(VERB, (session, [named = ''], options) =>
        isPlan(named) ? plan(session, named) : domain(session, named, optionsSchema.parse(options)),
      ),
    );
};

/** A file that is there, or what looks like one; all else is meant as a domain. */
const isPlan = (named: string): boolean => named.endsWith('.json') || /[/\\]/.test(named) || existsSync(named);

async function plan(session: Session, planPath: string): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  assertPlanFresh(opened.plan, opened.project.loaded);
  const ports = lookPorts(session, opened);
  const { signal } = session;
  const entries = await opened.project.journal();
  const { status, closed } = await cutoverCheck({ plan: cutoverPlan(opened), entries, ports, signal });
  const text = checkText({ ...viewOf(session, opened), status, closed }, session.output.style);
  return tell(session, { state: status.state, gates: status.gates, closed, text });
}

async function domain(session: Session, name: string, options: z.output<typeof optionsSchema>): Promise<Outcome> {
  assertHostName(name, 'a domain is written as example.com, a plan is a file that is there');
  for (const host of options.to)
    assertHostName(host, '--to names a mail host, as an MX record does: no address, no URL');
  const { gates, mx, recipients } = await checkDomain(name, options, session);
  const closed = closedGates(gates);
  const text = domainCheckText({ domain: name, gates, closed, mx, to: options.to, recipients }, session.output.style);
  return tell(session, { state: 'DRAFT', gates, closed, text });
}

/** With a dot, and a last label that is no number: a name of the public DNS. */
function assertHostName(name: string, advice: string): void {
  if (/^([a-z0-9_-]{1,63}\.)+(?!\d+\.?$)[a-z0-9-]{2,63}\.?$/i.test(name)) return;
  throw new MxodusError('USAGE', {
    what: `"${name}" is not the name of a host or domain`,
    why: 'nobody can be asked about it',
    advice,
  });
}

function tell(
  { output }: Session,
  { state, gates, closed, text }: { state: CutoverState; gates: Gate[]; closed: readonly Gate[]; text: string },
): Outcome {
  const event: CutoverEvent = { type: 'cutover_gates', state, gates };
  output.line(event);
  output.print(text);
  return {
    exitCode: closed.length > 0 ? EXIT.gate : EXIT.done,
    summary: { state, closed_gates: closed.map(({ id }) => id) },
  };
}

function collect(value: string, before: unknown): unknown[] {
  return [...(Array.isArray(before) ? before : []), value];
}
