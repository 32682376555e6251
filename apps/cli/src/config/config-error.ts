import { type ErrorCode, type ErrorDetails, invariant, MxodusError } from '@mxodus/model';

/** Everything wrong with a config, found in one go. As an error it is the first problem. */
export class ConfigError extends MxodusError {
  readonly problems: readonly MxodusError[];

  constructor(first: MxodusError, rest: readonly MxodusError[]) {
    const { what, why, advice, where, cause } = first;
    super(first.code, where === undefined ? { what, why, advice, cause } : { what, why, advice, cause, where });
    this.name = 'ConfigError';
    this.problems = [first, ...rest];
  }
}

/** The problems to print one after the other; any other error is its own only problem. */
export const configProblems = (error: MxodusError): readonly MxodusError[] =>
  error instanceof ConfigError ? error.problems : [error];

/** All of them, file by file in the order of their lines. */
export function configError(problems: readonly MxodusError[]): ConfigError {
  const files = [...new Set(problems.map((one) => placeOf(one).file))];
  const rank = (one: MxodusError): number => files.indexOf(placeOf(one).file);
  const sorted = problems.toSorted((a, b) => rank(a) - rank(b) || placeOf(a).line - placeOf(b).line);
  const [first, ...rest] = sorted;
  invariant(first !== undefined, 'a config error has a problem');
  return new ConfigError(first, rest);
}

export const problem = (code: ErrorCode, details: ErrorDetails & { where: string }): MxodusError =>
  new MxodusError(code, details);

function placeOf({ where = '' }: MxodusError): { file: string; line: number } {
  const [, file = where, line = '0'] = /^(.*?):(\d+)(?::\d+)?$/.exec(where) ?? [];
  return { file, line: Number(line) };
}
