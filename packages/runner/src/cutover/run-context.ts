import { advance, type CutoverPlan, type CutoverProgress } from '@mxodus/engine';
import type { CutoverEvent, CutoverState, JournalNote } from '@mxodus/model';
import type { CutoverJournal } from './journal-file.ts';
import type { CutoverPorts } from './ports.ts';

export interface CutoverRunOptions {
  plan: CutoverPlan;
  /** Without it nothing is changed. */
  execute: boolean;
  /** Stop when this state is reached. */
  until?: CutoverState;
  /** The plan's hash, or at least its first 6 characters: refuses to run any other plan. */
  approve?: string;
  /** Who runs it, as the machine knows them. */
  by: string;
  ports: CutoverPorts;
  journal: CutoverJournal;
  emit: (event: CutoverEvent) => void;
  signal: AbortSignal;
}

/** What the steps of one run share. */
export interface Run extends CutoverRunOptions {
  progress: CutoverProgress;
  /** The text of the last wait told, and when. */
  told: { text: string; at: number } | null;
  /** The gates last told while one was closed, and when; null: the last time none was. */
  gates: { text: string; at: number } | null;
  /** The old host was seen to route every domain as it should, by this process. */
  pinned: boolean;
}

export type Write = typeof write;

/** On disk first, then known, then told. */
export async function write(run: Run, note: JournalNote): Promise<void> {
  const entry = await run.journal.append(note, run.ports.now());
  run.progress = advance(run.progress, entry);
  run.emit({ type: 'cutover_entry', ...entry });
}
