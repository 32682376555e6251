import { EXIT } from '@mxodus/model';
import { requestText } from '../../views/cutover-rollback.ts';
import { openPlan } from '../open-plan.ts';
import { person } from './opened-cutover.ts';
import { ask } from './requests.ts';
import type { CutoverVerb } from './verb.ts';

export const releaseVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('release')
    .description('Releases a cutover that is held.')
    .argument('<plan>', 'the plan file')
    .action(
      start({ name: 'cutover release', emptySummary: { state: null } }, async (session, [planPath = '']) => {
        const opened = await openPlan(session, planPath);
        const result = await ask(session, opened, { kind: 'release', by: person() });
        session.output.print(requestText({ verb: 'release', ...result }, session.output.style));
        return { exitCode: EXIT.done, summary: { state: result.state, taken: result.isTaken } };
      }),
    );
};
