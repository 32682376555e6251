import { count, counted } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { commandLine, nextLine } from './next-step.ts';

interface Transferred {
  project: string;
  kind: 'sqlite' | 'postgres';
  path: string;
}

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

export function exportedText({ project, kind, path, lines }: Transferred & { lines: number }, style: Style): string {
  return [
    `${style.bold(`${project}:`)} the ledger in ${NAMES[kind]} was written to ${path} (${counted(lines, 'line')}).`,
    nextLine([commandLine('ledger import', ['-c', 'OTHER.yaml', path])], style),
  ].join('\n');
}

export function importedText(
  {
    project,
    kind,
    path,
    counts,
    words,
  }: Transferred & { counts: Readonly<Record<string, number>>; words: readonly string[] },
  style: Style,
): string {
  const { mailboxes = 0, folders = 0, messages = 0, passes = 0 } = counts;
  return [
    `${style.bold(`${project}:`)} the ledger in ${NAMES[kind]} has all of ${path}: ${counted(messages, 'message')}` +
      ` in ${counted(folders, 'folder')} of ${counted(mailboxes, 'mailbox')}, ${count(passes)} passes.`,
    nextLine([commandLine('plan', words), commandLine('sync', [`${project}.plan.json`, ...words])], style),
  ].join('\n');
}
