import type { Content } from './model/mailbox.ts';

interface Entry {
  round: number;
  text: string;
  contents: readonly Content[];
  /** Concerns every message: a pass, a lost ledger, a renamed folder. */
  general: boolean;
}

/** All that happened in an episode. */
export interface Diary {
  beginRound(round: number): void;
  note(text: string, contents?: readonly Content[]): void;
  /** @param output what the pass printed. */
  notePass(text: string, output: string): void;
  /** What concerns the messages that the lines name by the first 12 digits of their hash; of the last round, every pass too. */
  about(lines: readonly string[]): string[];
  /** What the passes of the last round printed. */
  outputs(): string;
}

const FIRST_DIGITS = 12;

export function createDiary(onNote: (text: string) => void): Diary {
  const entries: Entry[] = [];
  let outputs: string[] = [];
  let round = 0;
  const note = (text: string, contents: readonly Content[] = []): void => {
    entries.push({ round, text, contents, general: contents.length === 0 });
    onNote(`${round} ${text}`);
  };
  return {
    beginRound: (number) => {
      round = number;
      outputs = [];
    },
    note,
    notePass: (text, output) => {
      note(text);
      outputs.push(`== ${text}\n${output}`);
    },
    outputs: () => outputs.join('\n'),
    about: (lines) => {
      const all = lines.join('\n');
      const named = (content: Content): boolean => all.includes(content.sha256.slice(0, FIRST_DIGITS));
      const involved = entries.map((entry) => entry.contents.some(named));
      const from = Math.max(0, involved.indexOf(true));
      return entries
        .filter((entry, at) => involved[at] || (entry.general && (entry.round === round || at > from)))
        .map((entry) => `${entry.round} ${entry.text}`);
    },
  };
}
