import { EXIT } from '@mxodus/model';
import { cutoverClose, openJournal } from '@mxodus/runner';
import { z } from 'zod';
import { cutoverPorts } from '../../cutover-ports.ts';
import { closeText } from '../../views/cutover.ts';
import { openPlan } from '../open-plan.ts';
import { withLedger } from '../with-ledger.ts';
import { cutoverPlan, person, viewOf } from './opened-cutover.ts';
import { listener } from './run.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({ execute: z.boolean() });

export const closeVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('close')
    .description(
      'Ends a cutover that is RESTORED for good: one last look, then the old servers may be switched off. No way back. Without --execute: exit 8.',
    )
    .argument('<plan>', 'the plan file')
    .option('--execute', 'do it', false)
    .action(
      start({ name: 'cutover close', emptySummary: { state: null } }, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        const { execute } = optionsSchema.parse(options);
        return withLedger(session, opened, async (ledger, held) => {
          const { output, signal } = held;
          const emit = listener(held, opened, { live: execute, seen: [] });
          const { exitCode, state } = await cutoverClose({
            ...{ plan: cutoverPlan(opened), execute, by: person(), emit, signal },
            ports: cutoverPorts(held, opened, { ledger, emit }),
            journal: await openJournal(opened.project.journalPath),
          });
          output.end();
          output.print(closeText({ ...viewOf(held, opened), isDone: exitCode === EXIT.done }, output.style));
          return { exitCode, summary: { state } };
        });
      }),
    );
};
