import type { Finished } from '../journey.ts';

/** The events of one type that a command with --json told. */
export function eventsOf({ stdout }: Finished, type: string): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return lines.filter((line) => line.type === type);
}
