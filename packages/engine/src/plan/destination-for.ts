import { type FolderMapping, type FoldersToMap, mapFolders } from './map-folders.ts';

/** Where a folder goes that appeared after the plan was made: by the plan's rules, with what the plan decided in `fixed`. */
export function destinationFor(
  source: string,
  input: FoldersToMap & { fixed: ReadonlyMap<string, string> },
): FolderMapping | undefined {
  return mapFolders(input).find((decision) => decision.source === source);
}
