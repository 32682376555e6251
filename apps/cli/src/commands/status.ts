import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '@mxodus/model';
import { z } from 'zod';
import { totalsOf } from '../views/mailbox-standing.ts';
import { statusEvent, statusText } from '../views/status.ts';
import { type Look, lookAtLedger } from './look-at-ledger.ts';
import { type OpenedPlan, openPlan } from './open-plan.ts';
import type { CliCommand, Outcome, Session } from './session.ts';

const optionsSchema = z.object({ watch: z.boolean().default(false) });

const WATCH_MS = 2000;

export const statusCommand: CliCommand = (program, start) => {
  program
    .command('status')
    .summary('how every mailbox stands, from the ledger')
    .description('How every mailbox stands. Reads the ledger only, also while a sync runs; no server is asked.')
    .argument('<plan>', 'the plan file')
    .option('--watch', 'again every 2 seconds, until Ctrl-C')
    .action(
      start({ name: 'status' }, async (session, [planPath = ''], options) => {
        const opened = await openPlan(session, planPath);
        return optionsSchema.parse(options).watch ? watchStatus(session, opened) : showStatus(session, opened);
      }),
    );
};

async function showStatus(session: Session, opened: OpenedPlan): Promise<Outcome> {
  const look = await lookNow(opened);
  for (const standing of look.standings) session.output.line(statusEvent(standing));
  session.output.print(textOf(session, opened, look));
  return outcomeOf(look);
}

async function watchStatus(session: Session, opened: OpenedPlan): Promise<Outcome> {
  for (;;) {
    const look = await lookNow(opened);
    for (const standing of look.standings) session.output.line(statusEvent(standing));
    session.output.redraw(textOf(session, opened, look));
    const waited = await pause(WATCH_MS, true, { signal: session.signal }).catch(() => false);
    if (!waited) return outcomeOf(look);
  }
}

/** Opened anew each time: the first sync makes the ledger. */
async function lookNow(opened: OpenedPlan): Promise<Look> {
  const ledger = await opened.project.readLedger();
  try {
    return await lookAtLedger(opened, ledger);
  } finally {
    await ledger?.close();
  }
}

const textOf = ({ output, now }: Session, { plan, words }: OpenedPlan, look: Look): string =>
  statusText({ ...look, words, project: plan.project, now: now(), width: output.width }, output.style);

const outcomeOf = ({ standings, cutover }: Look): Outcome => ({
  exitCode: EXIT.done,
  summary: { ...totalsOf(standings), cutover },
});
