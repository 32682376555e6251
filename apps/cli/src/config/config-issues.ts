import { type Config, configSchema, type MxodusError } from '@mxodus/model';
import type { z } from 'zod';
import { problem } from './config-error.ts';
import { didYouMean, inBackticks, nearest } from './did-you-mean.ts';
import { knownKeys, meaningOf } from './known-keys.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** Turns what zod finds into problems a person can act on. No text quotes a value: one of them may be a password. */

type Issue = z.core.$ZodIssue;

export interface ReadConfig {
  /** null: too much is wrong to say more. Where only keys were misspelt, the config as it was meant. */
  config: Config | null;
  problems: MxodusError[];
}

/** Misspelt keys are told and read as what they stand for, so that one typo is one problem and hides no other. */
export function readConfig(source: YamlSource): ReadConfig {
  const value: unknown = structuredClone(source.value);
  const problems: MxodusError[] = [];
  for (;;) {
    const parsed = configSchema.safeParse(value);
    if (parsed.success) return { config: parsed.data, problems };
    const issues = parsed.error.issues.flatMap((issue) => flatten(issue));
    const typos = issues.flatMap((issue) => typosOf(issue, value));
    if (typos.length === 0) {
      return { config: null, problems: [...problems, ...issues.map((issue) => wrongValue(issue, value, source))] };
    }
    for (const typo of typos) {
      problems.push(unknownKey(typo, source));
      correct(typo, value);
    }
  }
}

/** Of a union the branch that is nearest to what was written; a secret is told as a whole. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || isSecret(issue) || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((errors) =>
    errors.flatMap((error) => flatten({ ...error, path: [...issue.path, ...error.path] })),
  );
  const [best = []] = branches.toSorted((a, b) => weight(a) - weight(b));
  const ownWords = issue.message !== 'Invalid input';
  return ownWords && best.some((other) => isAboutTheSame(issue, other)) ? [issue] : best;
}

const weight = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

/** The branch does not even take this kind of value: the union's own words say more. */
const isAboutTheSame = (union: Issue, branch: Issue): boolean =>
  branch.code !== 'unrecognized_keys' && branch.path.length === union.path.length;

const isSecret = (issue: Issue): boolean => issue.message.startsWith('expected a reference to a secret');

interface Typo {
  path: KeyPath;
  key: string;
  known: string[];
}

function typosOf(issue: Issue, value: unknown): Typo[] {
  if (issue.code !== 'unrecognized_keys') return [];
  return issue.keys.map((key) => {
    const known = knownKeys(issue.path, valueAt(value, issue.path)).filter((other) => other !== key);
    return { path: issue.path, key, known };
  });
}

/** Renames the key to what it stands for, or removes it: there is one unknown key less. */
function correct({ path, key, known }: Typo, value: unknown): void {
  const mapping = valueAt(value, path);
  if (typeof mapping !== 'object' || mapping === null) return;
  const meant = nearest(key, known);
  if (meant !== undefined && !(meant in mapping)) Reflect.set(mapping, meant, Reflect.get(mapping, key));
  Reflect.deleteProperty(mapping, key);
}

function unknownKey({ path, key, known }: Typo, source: YamlSource): MxodusError {
  const there = path.length === 0 ? 'at the top level' : `in \`${pathText(path)}\``;
  return problem('CONFIG_INVALID', {
    what: `\`${key}\` is not a known key ${there}`,
    why: known.length === 0 ? 'no keys are known here' : `known here: ${inBackticks(known)}`,
    advice: didYouMean(key, known, 'remove it, or see docs/config.md'),
    where: source.where([...path, key]),
  });
}

function wrongValue(issue: Issue, value: unknown, source: YamlSource): MxodusError {
  const path = issue.path;
  const key = path.length === 0 ? 'the config' : `\`${pathText(path)}\``;
  const given = valueAt(value, path);
  const what = given === undefined ? `${key} is missing` : `${key} is wrong`;
  return problem('CONFIG_INVALID', {
    what: isSecret(issue) && given !== undefined ? `${key} ${whatIsWrongWithSecret(given)}` : what,
    why: expectation(issue, given),
    advice: adviceFor(issue, meaningOf(path)),
    where: source.where(path),
  });
}

/** The value is not named: it may be the secret itself. */
const whatIsWrongWithSecret = (given: unknown): string =>
  typeof given === 'string' || typeof given === 'number' ? 'is a literal secret' : 'is no reference to a secret';

function adviceFor(issue: Issue, meaning: string | undefined): string {
  if (isSecret(issue))
    return 'put it into an environment variable, a file or a command; change it if others saw it here';
  const key = issue.path.at(-1);
  return meaning === undefined ? 'see docs/config.md' : `\`${String(key)}\`: ${meaning}`;
}

function expectation(issue: Issue, given: unknown): string {
  const expected = expectedBy(issue);
  return given === undefined || issue.code !== 'invalid_type' ? expected : `${expected}, found ${kindOf(given)}`;
}

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/ms\|s\|m\|h\|d/, 'a duration such as 60s, 5m or 48h'],
  [/KMG/, 'a size such as 8MB or 25MiB'],
];

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map(String))}`;
    case 'invalid_union':
      if (issue.discriminator === undefined) return issue.message;
      return `expected ${oneOf(optionsOf(issue))}`;
    case 'too_small':
      return `expected ${issue.origin === 'array' ? `at least ${issue.minimum} entry` : atLeast(issue)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_format': {
      const form = FORMS.find(([pattern]) => pattern.test(issue.pattern ?? ''));
      return form === undefined ? issue.message.replace(/^Invalid /, 'expected a valid ') : `expected ${form[1]}`;
    }
    default:
      return issue.message;
  }
}

function atLeast(issue: z.core.$ZodIssueTooSmall): string {
  return issue.origin === 'string' ? 'some text' : `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
}

function optionsOf(issue: Issue): string[] {
  const options: unknown = Reflect.get(issue, 'options');
  return Array.isArray(options) ? options.map(String) : [];
}

const oneOf = (words: readonly string[]): string => inBackticks(words).replace(/, ([^,]*)$/, ' or $1');

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping (key: value)',
  record: 'a mapping (name: value)',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : typeof value === 'string' ? 'text' : `a ${typeof value}`;
}

export const pathText = (path: KeyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}
