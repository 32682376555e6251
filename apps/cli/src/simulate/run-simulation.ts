import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeTempDir } from '@mxodus/lab';
import { EXIT, MxodusError, type Plan } from '@mxodus/model';
import type { Outcome, Session } from '../commands/session.ts';
import { isGood, type SimulationResult, simulationIntroduction, simulationVerdict } from '../views/simulate.ts';
import { countMail, type Side } from './count-mail.ts';
import { type FaultName, stageFaults } from './faults.ts';
import { readLine } from './read-line.ts';
import { Rehearsal, type RehearsalEnd } from './rehearsal.ts';
import { runChild } from './run-child.ts';
import { type Stage, startStage } from './stage.ts';
import { Strangers } from './strangers.ts';
import { type SimWorld, worldOf } from './world-of.ts';

export interface SimulationOptions {
  faults: readonly FaultName[];
  /** The folder that is kept; null: none. */
  keep: string | null;
  /** At most so many mailboxes are played. */
  mailboxes: number;
}

const PLAN = 'simulation.plan.json';

/** Plays the cutover of a plan with servers of the lab. Nothing of the plan's own servers is asked. */
export async function runSimulation(session: Session, plan: Plan, options: SimulationOptions): Promise<Outcome> {
  const { output } = session;
  const { faults, keep } = options;
  const world = worldOf(plan, options.mailboxes);
  output.print(simulationIntroduction(world, faults, output.style));
  const temp = keep === null ? await makeTempDir() : null;
  const folder = temp?.path ?? resolve(keep ?? '.');
  try {
    const result = await onStage(session, { world, faults, folder });
    output.print(simulationVerdict(result, output.style));
    if (keep !== null) output.print(`Config, plan, journal and report are in ${folder}.`);
    return { exitCode: isGood(result) ? EXIT.done : EXIT.gate, summary: { ...result, faults } };
  } finally {
    await temp?.remove();
  }
}

async function onStage(
  session: Session,
  { world, faults, folder }: { world: SimWorld; faults: readonly FaultName[]; folder: string },
): Promise<SimulationResult> {
  const stage = await startStage(world, stageFaults(faults));
  const strangers = new Strangers(world, stage);
  try {
    await rm(join(folder, '.mxodus'), { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'mxodus.yaml'), stage.config);
    const step = (...args: string[]): Promise<void> => mustSucceed(session, { stage, folder, args });
    await step('plan');
    await step('sync', PLAN);
    strangers.begin();
    const started = performance.now();
    const end = await new Rehearsal({ session, world, stage, strangers, faults, folder, plan: PLAN }).toItsEnd();
    const duration = Math.round(performance.now() - started);
    if (session.signal.aborted) throw interrupted();
    await strangers.end();
    // What a slow resolver sent to the old host at the very end is fetched as always: by one more sync.
    if (end.state === 'RESTORED') await step('sync', PLAN);
    await step('cutover', 'report', PLAN, '--html', 'cutover.html');
    const count = await countMail(world, stage, { sent: strangers.sent, side: sideOf(end) });
    return {
      ...{ state: end.state, ...count, bounced: strangers.bounced, stopped: end.stopped, duration_ms: duration },
      // After a rollback the old hosts are the right ones again.
      late: end.switchedAt === null || end.state === 'ROLLED_BACK' ? 0 : strangers.lateSince(end.switchedAt),
    };
  } finally {
    strangers.abandon();
    await stage.stop();
  }
}

function sideOf({ state, stopped }: RehearsalEnd): Side {
  if (stopped !== null) return 'either';
  return state === 'ROLLED_BACK' ? 'old' : 'new';
}

/** A step before or after the cutover, which no fault touches. */
async function mustSucceed(
  { signal }: Session,
  { stage, folder, args }: { stage: Stage; folder: string; args: readonly string[] },
): Promise<void> {
  let why = '';
  const code = await runChild({
    ...{ args, cwd: folder, env: stage.secrets, signal },
    onLine: (line) => {
      const heard = readLine(line);
      if (heard?.kind === 'error') why = heard.text;
    },
  }).ended;
  if (code === EXIT.done) return;
  if (signal.aborted) throw interrupted();
  throw new MxodusError('INVARIANT', {
    what: `"mxodus ${args.join(' ')}" of the simulation ended with ${code}`,
    why: why || 'it did not say why',
    advice: 'please report it with the plan, if you may show it',
  });
}

const interrupted = (): MxodusError =>
  new MxodusError('INTERRUPTED', {
    what: 'the simulation was stopped',
    why: 'it was asked to stop',
    advice: 'the same command starts a new one; nothing has to be cleaned up',
  });
