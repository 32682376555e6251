import type { ExitCode } from '@mxodus/model';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Output } from '../output/output.ts';
import { PROGRESS_CHOICES } from '../output/progress-mode.ts';

/** The options every command takes. */
export const globalOptionsSchema = z.object({
  config: z.array(z.string()).default([]),
  json: z.boolean().default(false),
  progress: z.enum(PROGRESS_CHOICES).default('auto'),
  color: z.boolean().default(true),
});

/** `config` is the only one named; a command that takes several finds them in `configs`. */
export type GlobalOptions = Omit<z.output<typeof globalOptionsSchema>, 'config'> & {
  config: string | undefined;
  configs: readonly string[];
};

/** What the first Ctrl-C says, and what the next one does. A command sets it where it is not the usual. */
export interface StopWords {
  first: string;
  /** null: the process is left at once. */
  again: (() => void) | null;
}

/** What one run of a command works with. */
export interface Session {
  readonly options: GlobalOptions;
  readonly output: Output;
  /** Aborts with the first Ctrl-C: finish what is in flight, then return. */
  readonly signal: AbortSignal;
  readonly stopWords: StopWords;
  /** What is to be closed when the command is over, the last one first. */
  readonly atEnd: (() => Promise<void>)[];
  readonly now: () => Date;
  /** Of mxodus. */
  readonly version: string;
  /** As typed, for the note of who holds a lease. Secrets are never on a command line. */
  readonly commandLine: string;
  /** Set once the state folder is known: where the stack of a bug goes. */
  logFile: string | null;
}

export interface Outcome {
  exitCode: ExitCode;
  /** Fields of the summary line of --json, beside `command` and `exit_code`; null: the one line printed is all there is. */
  summary?: Readonly<Record<string, unknown>> | null;
}

export interface Verb {
  /** As it is called: "sync", "cutover run". */
  name: string;
  /** Takes several configs. */
  manyConfigs?: boolean;
  /** The summary's fields when the command failed before it could say more. */
  emptySummary?: Readonly<Record<string, unknown>>;
}

/** Runs one command and sees to its errors, its summary line and its exit code. `words` are the arguments, `options` its own options. */
export type Start = (
  verb: Verb,
  run: (session: Session, words: readonly string[], options: unknown) => Promise<Outcome>,
) => (...commanderArguments: unknown[]) => Promise<void>;

/** Adds one command to the program. */
export type CliCommand = (program: Command, start: Start) => void;
