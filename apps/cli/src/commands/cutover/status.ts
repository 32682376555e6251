import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '@mxodus/model';
import { cutoverStatus } from '@mxodus/runner';
import { z } from 'zod';
import { summariseCanaries } from '../../certificate/canary-summary.ts';
import { entriesOfPlan, holdsOf } from '../../certificate/journal-summary.ts';
import { summariseLateMail } from '../../certificate/late-mail-summary.ts';
import { lookPorts } from '../../cutover-ports.ts';
import { type CutoverStatusView, statusText } from '../../views/cutover-status.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import { cutoverPlan, lateMailOf, viewOf } from './opened-cutover.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({ watch: z.boolean().default(false) });

export const statusVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('status')
    .description('State, what is waited for, until when, who can release it, what a rollback costs now.')
    .argument('<plan>', 'the plan file')
    .option('--watch', 'again at every poll, until Ctrl-C')
    .action(
      start({ name: 'cutover status' }, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        return optionsSchema.parse(options).watch ? watch(session, opened) : showOnce(session, opened);
      }),
    );
};

/** With --json exactly one line, the status itself. */
async function showOnce(session: Session, opened: OpenedPlan): Promise<Outcome> {
  const { output } = session;
  const view = await lookNow(session, opened);
  if (output.json) output.document(`${JSON.stringify(view.status)}\n`);
  output.print(statusText(view, output.style));
  return { exitCode: EXIT.done, summary: null };
}

/** With --json one line for each look. */
async function watch(session: Session, opened: OpenedPlan): Promise<Outcome> {
  const { output, signal } = session;
  for (;;) {
    const view = await lookNow(session, opened);
    if (output.json) output.document(`${JSON.stringify(view.status)}\n`);
    output.redraw(statusText(view, output.style));
    const waited = await pause(opened.project.config.cutover.poll, true, { signal }).catch(() => false);
    if (!waited) return { exitCode: EXIT.done, summary: null };
  }
}

async function lookNow(session: Session, opened: OpenedPlan): Promise<CutoverStatusView> {
  const all = await opened.project.journal();
  const entries = entriesOfPlan(all, opened.plan.sha256);
  const ports = lookPorts(session, opened);
  const { signal } = session;
  const status = await cutoverStatus({ plan: cutoverPlan(opened), entries: all, ports, signal });
  const { window, now, words } = viewOf(session, opened);
  return {
    ...{ status, window, now, words, width: session.output.width },
    hold: holdsOf(entries).findLast(({ released_at }) => released_at === null) ?? null,
    canaries: summariseCanaries(entries),
    lateMail: summariseLateMail(entries.length === 0 ? [] : await lateMailOf(opened)),
  };
}
