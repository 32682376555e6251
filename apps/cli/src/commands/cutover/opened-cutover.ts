import { userInfo } from 'node:os';
import type { CutoverPlan } from '@mxodus/engine';
import type { LateMail } from '@mxodus/model';
import { LateMailFile } from '@mxodus/runner';
import type { CutoverView } from '../../views/cutover.ts';
import type { OpenedPlan } from '../open-plan.ts';
import type { Session } from '../session.ts';

export const cutoverPlan = ({ plan, project }: OpenedPlan): CutoverPlan => ({
  sha256: plan.sha256,
  domains: plan.domains,
  settings: project.config.cutover,
});

export const viewOf = (session: Session, { plan, project, words }: OpenedPlan): CutoverView => ({
  domains: plan.domains,
  window: project.config.cutover.window,
  words,
  now: session.now,
});

export const lateMailOf = ({ project }: OpenedPlan): Promise<LateMail[]> =>
  new LateMailFile(project.cutoverFiles.lateMail).rows();

/** Who runs this, as the machine knows them: for the journal. */
export function person(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run as a number without a name.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') {
      return `user ${process.getuid?.() ?? 'unknown'}`;
    }
    throw error;
  }
}
