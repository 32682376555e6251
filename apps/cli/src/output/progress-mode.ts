import type { Terminal } from './terminal.ts';

export const PROGRESS_CHOICES = ['auto', 'tty', 'plain', 'json', 'quiet'] as const;
export type ProgressChoice = (typeof PROGRESS_CHOICES)[number];

/** How progress is shown on stderr. Events as JSON lines are the other thing: `json` of the output. */
export type ProgressMode = 'tty' | 'plain' | 'quiet';

/** `--progress json` is `--json`; with --json the events are on stdout, and stderr stays quiet unless it was asked for. */
export function progressMode(choice: ProgressChoice, json: boolean, terminal: Terminal): ProgressMode {
  switch (choice) {
    case 'tty':
    case 'plain':
    case 'quiet':
      return choice;
    case 'json':
      return 'quiet';
    case 'auto':
      if (json) return 'quiet';
      return terminal.stderr.isTTY === true && terminal.env.TERM !== 'dumb' ? 'tty' : 'plain';
  }
}
