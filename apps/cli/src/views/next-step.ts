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
