import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MxodusError, type Plan } from '@mxodus/model';
import { assertSameProject, readPlan } from '@mxodus/runner';
import { openProject, type Project } from '../compose.ts';
import type { Session } from './session.ts';

const DEFAULT_CONFIG = 'mxodus.yaml';

export interface OpenedPlan {
  plan: Plan;
  project: Project;
  /** The words that name the plan and its config, for commands to paste. */
  words: string[];
}

/** A plan and the config it was made from: the one of -c, or mxodus.yaml beside the plan. */
export async function openPlan(session: Session, planPath: string): Promise<OpenedPlan> {
  const plan = await readPlan(planPath);
  const project = await openConfig(session, session.options.config ?? besidePlan(planPath));
  assertSameProject(plan, project.config);
  project.believe(plan);
  return { plan, project, words: [planPath, ...configWords(session)] };
}

/** The config of -c, or mxodus.yaml here. */
export const openProjectOf = (session: Session): Promise<Project> =>
  openConfig(session, session.options.config ?? DEFAULT_CONFIG);

/** `-c FILE` as it was given. */
export const configWords = ({ options: { config } }: Session): string[] => (config === undefined ? [] : ['-c', config]);

async function openConfig(session: Session, path: string): Promise<Project> {
  const project = await openProject(path, session.commandLine);
  session.atEnd.push(() => project.close());
  if (existsSync(project.stateFolder)) session.logFile = project.logFile;
  return project;
}

function besidePlan(planPath: string): string {
  const path = join(dirname(planPath), DEFAULT_CONFIG);
  if (existsSync(path)) return path;
  throw new MxodusError('CONFIG_NOT_FOUND', {
    what: `there is no ${DEFAULT_CONFIG} beside the plan ${planPath}`,
    why: 'a plan holds no secrets: the config it was made from says how to sign in',
    advice: 'name the config with -c FILE',
  });
}
