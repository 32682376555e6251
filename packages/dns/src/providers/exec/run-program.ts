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

/**
 * Runs the program with one question. Throws DNS_UNREACHABLE where it cannot be started, DNS_ANSWER where it gives no JSON, ends badly or
 * takes too long: after `apply` the change is then in doubt.
 */
export async function runProgram(program: Program, question: Question, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const { code, stdout, stderr, late } = await finish(program, JSON.stringify(question), signal);
  signal.throwIfAborted();
  const name = program.command[0] ?? '';
  const said = plainWords(stderr, []);
  const words = said === '' ? '' : ` and said: ${said}`;
  if (late) throw trouble(`${name} did not end within ${program.timeout / 1000} s`, `it was stopped${words}`);
  if (code !== 0)
    throw trouble(`${name} ended with ${code ?? 'a signal'}`, `a program that has answered ends with 0${words}`);
  try {
    const answer: unknown = JSON.parse(stdout);
    return answer;
  } catch {
    throw trouble(`${name} gave no JSON`, `its answer is one JSON object on standard output${words}`);
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
    const child = spawn(file, args, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout);
    const stop = (): void => void child.kill('SIGTERM');
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

const trouble = (what: string, why: string): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what,
    why,
    advice:
      'run it by hand (docs/cutover.md has its protocol); then run the same command: it looks at the live records first',
  });
