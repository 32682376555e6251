import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Ledger, MxodusEvent } from '@mxodus/model';
import { type Arrived, arrivedSince, readPlan, reversePass, type SyncResult } from '@mxodus/runner';
import { openProject } from '../../apps/cli/src/compose.ts';

/** Passes back over a project, as a rollback makes them. The config's secrets are in the environment. */

export interface ReverseProject {
  dir: string;
  plan: string;
}

interface Circumstances {
  emit?: (event: MxodusEvent) => void;
  /** In place of the two ledgers. */
  watched?: (ledgers: { forward: Ledger; ledger: Ledger }) => { forward: Ledger; ledger: Ledger };
}

export async function reverse(at: ReverseProject, circumstances: Circumstances = {}): Promise<SyncResult> {
  const { emit = () => undefined, watched = (ledgers) => ledgers } = circumstances;
  const { project, plan } = await opened(at);
  const ledgers = { forward: await project.openLedger(), ledger: await project.openReverseLedger() };
  try {
    return await reversePass({
      plan,
      accounts: project.accounts,
      limits: project.limits,
      ...watched(ledgers),
      engine: project.engine,
      settleMs: project.config.sync.settle,
      tempDir: project.tempFolder,
      signal: new AbortController().signal,
      emit,
      now: () => new Date(),
    });
  } finally {
    await ledgers.ledger.close();
    await ledgers.forward.close();
  }
}

/** What a rollback would copy back. */
export async function arrived(at: ReverseProject, since: string): Promise<Arrived> {
  const { project, plan } = await opened(at);
  const forward = await project.openLedgerCopy();
  try {
    const { accounts } = project;
    return await arrivedSince({
      plan,
      accounts: (mailbox) => accounts(mailbox),
      forward,
      since: Date.parse(since),
      signal: new AbortController().signal,
    });
  } finally {
    await forward.close();
  }
}

async function opened({ dir, plan: planPath }: ReverseProject) {
  const project = await openProject(join(dir, 'mxodus.yaml'), 'a test');
  const plan = await readPlan(planPath);
  project.believe(plan);
  return { project, plan };
}

/** Where a pass is killed: right before or after a call of a method of one of the ledgers. */
export interface KillAt {
  of: 'forward' | 'ledger';
  method: keyof Ledger;
  when: 'before' | 'after';
}

/** The same in a process of its own, which is killed (SIGKILL) there. Returns the signal that ended it; null: it came to its end. */
export async function reverseKilled({ dir, plan }: ReverseProject, at: KillAt): Promise<string | null> {
  const script = new URL('./reverse-killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=mxodus-source', script, dir, plan, JSON.stringify(at)], {
    stdio: 'inherit',
  });
  const [, signal] = await once(child, 'close');
  return typeof signal === 'string' ? signal : null;
}
