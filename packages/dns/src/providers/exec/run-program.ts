import { type ChildProcess, spawn } from 'node:child_process';
import { MxodusError } from '@mxodus/model';
import { plainWords } from '../../http/plain-words.ts';
import type { Question } from './exec-protocol.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface Program {
  command: readonly string[];
  timeout: number;
  directory: string;
}

/** What a program said, and how it ended. */
export interface Said {
  /** undefined: no JSON. */
  answer: unknown;
  /** null: it has ended as it should. Else why its answer is worth nothing, unless that is a refusal. */
  trouble: MxodusError | null;
}

/**
 * Runs the program with one question. Throws DNS_UNREACHABLE where it cannot be started. `trouble` is DNS_ANSWER where it gives no JSON,
 * ends badly or takes too long: after `apply` the change is then in doubt.
 */
export async function runProgram(program: Program, question: Question, signal: AbortSignal): Promise<Said> {
  signal.throwIfAborted();
  const { code, stdout, stderr, late } = await finish(program, JSON.stringify(question), signal);
  signal.throwIfAborted();
  const name = program.command[0] ?? '';
  const said = plainWords(stderr, []);
  const words = said === '' ? '' : ` and said: ${said}`;
  const answer = late ? undefined : parseJson(stdout);
  const trouble = (what: string, why: string): Said => ({ answer, trouble: doubt(what, `${why}${words}`) });
  if (late) return trouble(`${name} did not end within ${program.timeout / 1000} s`, 'it was stopped');
  if (code !== 0) return trouble(`${name} ended with ${code ?? 'a signal'}`, 'a program that has answered ends with 0');
  if (answer === undefined) return trouble(`${name} gave no JSON`, 'its answer is one JSON object on standard output');
  return { answer, trouble: null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  late: boolean;
}

function finish({ command, timeout, directory }: Program, input: string, signal: AbortSignal): Promise<Finished> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    // In a process group of its own, so that what it has started can be stopped with it: that holds its output open.
    const child = spawn(file, args, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const output = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stopGroup(child, 'SIGKILL');
    }, timeout);
    const stop = (): void => stopGroup(child, 'SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      act();
    };
    collect(child, output);
    child.once('error', (error) => settle(() => reject(notStarted(file, error))));
    child.once('close', (code) => settle(() => resolve({ code, ...output, late })));
    // A program that answers without reading its question closes the pipe; its answer says whether that matters.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${input}\n`);
  });
}

function stopGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function collect(child: ChildProcess, output: { stdout: string; stderr: string }): void {
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      if (output[name].length < MAX_OUTPUT_BYTES) output[name] += text;
    });
  }
}

const notStarted = (file: string, cause: Error): MxodusError =>
  new MxodusError('DNS_UNREACHABLE', {
    what: `the program ${file} could not be started`,
    why: cause.message,
    advice: 'check `dns.command`: it is run in the folder of the config',
    cause,
  });

const doubt = (what: string, why: string): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what,
    why,
    advice:
      'run it by hand (docs/cutover.md has its protocol); then run the same command: it looks at the live records first',
  });
