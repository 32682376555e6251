import { foldJournal } from '@mxodus/engine';
import { CUTOVER_STATES, type CutoverEvent, EXIT, type Ledger, type MxodusEvent } from '@mxodus/model';
import { assertPlanFresh, type CutoverResult, cutoverRun, openJournal } from '@mxodus/runner';
import { Option } from 'commander';
import { z } from 'zod';
import { cutoverPorts } from '../../cutover-ports.ts';
import { runText } from '../../views/cutover.ts';
import { CutoverProgress } from '../../views/cutover-progress.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session, Verb } from '../session.ts';
import { withLedger } from '../with-ledger.ts';
import { onceOnly, stoppedAtWait } from './once.ts';
import { cutoverPlan, person, viewOf } from './opened-cutover.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({
  execute: z.boolean(),
  once: z.boolean().default(false),
  until: z.enum(CUTOVER_STATES).optional(),
  approve: z.string().optional(),
});

type RunOptions = z.output<typeof optionsSchema>;

const VERB: Verb = { name: 'cutover run', emptySummary: { state: null, late_messages: 0 } };

export const runVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('run')
    .description('Does the cutover, or goes on with it. Without --execute: gates and changes only, exit 8.')
    .argument('<plan>', 'the plan file')
    .option('--execute', 'make the changes', false)
    .option('--once', 'do what is due and stop at the first wait, for cron: exit 0 when it is over, 8 while it waits')
    .addOption(new Option('--until <state>', 'stop once this state is reached').choices(CUTOVER_STATES))
    .option('--approve <hash>', 'run only the plan with this hash (at least 6 characters of it)')
    .action(
      start(VERB, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        assertPlanFresh(opened.plan, opened.project.loaded);
        const parsed = optionsSchema.parse(options);
        return withLedger(session, opened, (ledger, held) => run(held, { opened, ledger, options: parsed }));
      }),
    );
};

async function run(
  session: Session,
  { opened, ledger, options }: { opened: OpenedPlan; ledger: Ledger; options: RunOptions },
): Promise<Outcome> {
  const { output } = session;
  const view = viewOf(session, opened);
  const { execute } = options;
  const seen: CutoverEvent[] = [];
  const emit = listener(session, opened, { live: execute, seen });
  const result = await runCutover(session, { opened, ledger, options, emit });
  output.end();
  output.print(runText({ ...view, result, execute, events: execute ? [] : seen }, output.style));
  const { exitCode, state, lateMessages } = result;
  return { exitCode, summary: { state, late_messages: lateMessages, plan: opened.plan.sha256 } };
}

/** Shows what happens. Gates and changes are kept in `seen`: they are the result where nothing is executed. */
export function listener(
  session: Session,
  opened: OpenedPlan,
  { live, seen }: { live: boolean; seen: CutoverEvent[] },
): (event: CutoverEvent | MxodusEvent) => void {
  const { output } = session;
  session.logFile = opened.project.logFile;
  // Without --execute nothing takes time: what is found is the result.
  const show = live
    ? output.begin(new CutoverProgress({ ...viewOf(session, opened), style: output.progressStyle, log: output.isLog }))
    : (event: CutoverEvent | MxodusEvent) => output.line(event);
  return (event) => {
    show(event);
    // What a person has to do is a result, not progress: it is there with --progress quiet too.
    if (event.type === 'cutover_instructions') output.print(event.text);
    if (!live && (event.type === 'cutover_gates' || event.type === 'cutover_change')) seen.push(event);
  };
}

/** A run of the machine, of a cutover or of its way back. */
export async function runCutover(
  session: Session,
  of: {
    opened: OpenedPlan;
    ledger: Ledger;
    options: Pick<RunOptions, 'execute' | 'once' | 'until' | 'approve'>;
    emit: (event: CutoverEvent | MxodusEvent) => void;
  },
): Promise<CutoverResult> {
  const { opened, ledger, options, emit } = of;
  const { execute, until, approve } = options;
  const journal = await openJournal(opened.project.journalPath);
  const ports = cutoverPorts(session, opened, { ledger, emit });
  const once = options.once ? onceOnly(ports, emit) : { ports, emit };
  try {
    return await cutoverRun({
      ...{ plan: cutoverPlan(opened), execute, by: person(), journal, signal: session.signal },
      ...(until === undefined ? {} : { until }),
      ...(approve === undefined ? {} : { approve }),
      ...once,
    });
  } catch (error) {
    if (!stoppedAtWait(error)) throw error;
    const { state, lateMessages } = foldJournal(journal.entries);
    return { exitCode: EXIT.changesPending, state, lateMessages };
  }
}
