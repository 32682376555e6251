import type { Style } from '../output/style.ts';

/** How the user named things, for commands to paste. */
export interface CommandWords {
  /** `-c FILE`, as it was given. */
  config: readonly string[];
  /** Plan and config. */
  plan: readonly string[];
  /** Plan, config and the mailboxes of this run. */
  filtered: readonly string[];
}

/** A command the reader can paste. */
export function commandLine(verb: string, words: readonly string[]): string {
  return ['mxodus', verb, ...words.map(quoted)].join(' ');
}

const quoted = (word: string): string => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The line every result ends with. */
export const nextLine = (commands: readonly string[], style: Style): string =>
  `${style.bold('Next:')}  ${commands.join('     then     ')}`;

/** Who or what releases a wait is told without the names people use: a command in it gets the plan and the config they named. */
export const toPaste = (release: string, words: readonly string[]): string =>
  release.replace(/^mxodus (cutover \w+) PLAN/, (_, verb: string) => commandLine(verb, words));
