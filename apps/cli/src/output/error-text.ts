import { type EventOf, EXIT, type ExitCode, MxodusError } from '@mxodus/model';
import type { Style } from './style.ts';

/** What went wrong, in parts. `cause` is for the log file only. */
export interface Trouble {
  kind: 'error' | 'bug';
  code: string;
  exitCode: ExitCode;
  where: string | null;
  what: string;
  why: string;
  advice: string;
}

/** Anything thrown, as trouble: what nobody expected is a bug. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof MxodusError) {
    const { code, exitCode, what, why, advice } = error;
    return {
      kind: exitCode === EXIT.bug ? 'bug' : 'error',
      code,
      exitCode,
      where: error.where ?? null,
      what,
      why,
      advice,
    };
  }
  return {
    kind: 'bug',
    code: 'UNEXPECTED',
    exitCode: EXIT.bug,
    where: null,
    what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    why: 'this is a bug in mxodus; the ledger is safe',
    advice: 'please report it with the log file named below',
  };
}

export const errorEvent = ({ code, where, what, why, advice }: Trouble): EventOf<'error'> => ({
  type: 'error',
  code,
  where,
  what,
  why,
  do: advice,
});

export const fromEvent = ({ code, where, what, why, do: advice }: EventOf<'error'>): Omit<Trouble, 'exitCode'> => ({
  kind: 'error',
  code,
  where,
  what,
  why,
  advice,
});

/** The form every error has: what, why, do. */
export function errorText(trouble: Omit<Trouble, 'exitCode'>, style: Style, log: string | null = null): string {
  const head = `${style.bad(trouble.kind)} ${style.bold(trouble.code)}`;
  const lines = [
    trouble.where === null ? head : `${head}  ${trouble.where}`,
    part('what', trouble.what, style),
    part('why', trouble.why, style),
    part('do', trouble.advice, style),
  ];
  if (log !== null) lines.push(part('log', log, style));
  return `${lines.join('\n')}\n`;
}

function part(name: string, text: string, style: Style): string {
  const [first = '', ...rest] = text.trim().split('\n');
  return [`  ${style.dim(name.padEnd(4))}  ${first}`, ...rest.map((line) => `        ${line}`)].join('\n');
}
