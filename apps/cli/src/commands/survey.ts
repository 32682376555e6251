import { type Busiest, type MailboxSurvey, rankBusiest, type TopRule } from '@mxodus/engine';
import type { Emit } from '@mxodus/model';
import { surveyMailbox } from '@mxodus/runner';
import type { Project } from '../compose.ts';
import type { Session } from './session.ts';
import { tellWaits } from './tell-waits.ts';

/** Counts every source mailbox for the `top` rules. undefined: the config has none, and nobody is asked. */
export async function surveyBusiest(
  project: Project,
  { signal, now }: Session,
  emit: Emit,
): Promise<Busiest | undefined> {
  const { assign, sync } = project.config;
  const rules = new Map(assign.flatMap((rule, index): [number, TopRule][] => ('top' in rule ? [[index, rule]] : [])));
  if (rules.size === 0) return undefined;
  const lists = new Map(project.loaded.mailboxes.map(({ address, to }) => [address, to]));
  const surveys: MailboxSurvey[] = [];
  const jobs = project.mailboxes.map(({ address, source }) => ({
    id: address,
    connections: { [source.server]: 1 },
    source,
  }));
  const options = { rules, exclude: sync.folders.exclude, now: now().getTime(), signal };
  const outcomes = await project.engine.run(
    jobs,
    async ({ id, source }) => {
      const account = project.account(source, tellWaits(emit, id));
      const counts = await surveyMailbox(id, account, options);
      surveys.push({ address: id, to: lists.get(id) ?? null, counts });
    },
    signal,
  );
  for (const outcome of outcomes) if (outcome.kind === 'threw') throw outcome.error;
  return rankBusiest(assign, surveys);
}
