import { type FleetStore, MxodusError, type Run } from '@mxodus/model';
import { errorEvent, troubleOf } from '../../output/error-text.ts';
import { counted } from '../../output/figures.ts';
import type { Style } from '../../output/style.ts';
import { commandLine } from '../../views/next-step.ts';
import { configWords, type OpenedPlan } from '../open-plan.ts';
import type { Session } from '../session.ts';
import { type FollowState, WORKER_SEEN_MS } from './follow-run.ts';

export interface FleetNotices {
  onState: (state: FollowState) => void;
  /** Warns when no worker of the project has been seen. */
  workers(store: FleetStore): Promise<void>;
}

/** What the one who follows a run has to know besides its mailboxes. Nothing of it ends the run, nor the following. */
export function fleetNotices(session: Session, { plan, project, words }: OpenedPlan, run: Run): FleetNotices {
  const { output } = session;
  const style = output.progressStyle;
  const warn = (error: MxodusError): void => {
    if (output.json) output.line(errorEvent(troubleOf(error)));
    else output.notice(warningText(error, style));
  };
  const say = (text: string): void => {
    if (!output.json) output.notice(text);
  };
  const noWorkers = (): void =>
    warn(withoutWorkers(session, { project: plan.project, path: project.loaded.path, run }));
  return {
    onState: (state) => {
      switch (state.kind) {
        case 'no-workers':
          noWorkers();
          break;
        case 'workers':
          say(`${counted(state.count, 'worker')} of the fleet ${state.count === 1 ? 'is' : 'are'} there now.`);
          break;
        case 'paused':
          say(`Run ${run.id} is paused. To go on: ${commandLine('fleet resume', words)}`);
          break;
        case 'resumed':
          say(`Run ${run.id} goes on.`);
          break;
        case 'silent':
          warn(state.error);
          break;
        case 'answers':
          say('PostgreSQL answers again.');
          break;
      }
    },
    workers: async ({ runs }) => {
      const seen = await runs.workers(WORKER_SEEN_MS);
      if (!seen.some(({ projects }) => projects.includes(plan.project))) noWorkers();
    },
  };
}

/** The form of an error, for what ends nothing. */
const warningText = ({ code, what, why, advice }: MxodusError, style: Style): string =>
  [
    `${style.warn('warning')} ${style.bold(code)}`,
    `  ${style.dim('what')}  ${what}`,
    `  ${style.dim('why ')}  ${why}`,
    `  ${style.dim('do  ')}  ${advice}`,
  ].join('\n');

function withoutWorkers(session: Session, { project, path, run }: { project: string; path: string; run: Run }) {
  const config = configWords(session).length > 0 ? configWords(session) : ['-c', path];
  return new MxodusError('FLEET_WITHOUT_WORKERS', {
    what: `no worker has been seen for project "${project}" in the last ${WORKER_SEEN_MS / 1000} s`,
    why: `run ${run.id} waits for one; this command goes on waiting`,
    advice: `start one on any machine: ${commandLine('worker', config)}`,
  });
}
