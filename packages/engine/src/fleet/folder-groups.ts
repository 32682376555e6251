import type { PlanMailbox } from '@mxodus/model';

interface Group {
  sources: string[];
  messages: number;
}

/**
 * The source folders of a mailbox in groups of about the same size, largest first. All that goes into one destination folder is in one
 * group: who has it may take what is there for its own. Never more than `most`; the folders that are left where they are are in none.
 */
export function folderGroups({ folders }: Pick<PlanMailbox, 'folders'>, most: number): string[][] {
  const byDestination = Map.groupBy(
    folders.filter(({ excluded }) => !excluded),
    ({ destination }) => destination,
  );
  const parts = [...byDestination.values()].map((group) => ({
    sources: group.map(({ source }) => source),
    messages: group.reduce((sum, { messages }) => sum + messages, 0),
  }));
  const groups = Array.from({ length: Math.min(most, parts.length) }, (): Group => ({ sources: [], messages: 0 }));
  for (const { sources, messages } of parts.toSorted((a, b) => b.messages - a.messages)) {
    const least = groups.reduce((best, group) => (group.messages < best.messages ? group : best));
    least.sources.push(...sources);
    least.messages += messages;
  }
  return groups.filter(({ messages }) => messages > 0).map(({ sources }) => sources);
}
