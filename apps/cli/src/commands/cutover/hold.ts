import { EXIT } from '@mxodus/model';
import { z } from 'zod';
import { requestText } from '../../views/cutover-rollback.ts';
import { openPlan } from '../open-plan.ts';
import { person } from './opened-cutover.ts';
import { ask } from './requests.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({ why: z.string() });

export const holdVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('hold')
    .description('Holds the cutover, also one that runs in another terminal: no change is made until it is released.')
    .argument('<plan>', 'the plan file')
    .option('--why <text>', 'reason; it is in the journal and in the report', 'no reason was given')
    .action(
      start({ name: 'cutover hold', emptySummary: { state: null } }, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        const { why } = optionsSchema.parse(options);
        const result = await ask(session, opened, { kind: 'hold', by: person(), why });
        session.output.print(requestText({ verb: 'hold', ...result }, session.output.style));
        return { exitCode: EXIT.done, summary: { state: result.state, taken: result.isTaken } };
      }),
    );
};
