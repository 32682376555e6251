import { foldedName, foldedPath, levelOf, levelsOfPath, SEPARATOR } from './folder-names.ts';
import type { WellKnownFolders } from './well-known-folders.ts';

/** A folder as it was seen. */
export interface KnownFolder {
  id: string;
  /** As in the path: "INBOX" for the inbox, whatever it is called. */
  level: string;
  /** null: beside the inbox. */
  parent: KnownFolder | null;
}

export function levelsOf({ level, parent }: KnownFolder): string[] {
  return parent === null ? [level] : [...levelsOf(parent), level];
}

/** The folder and those above it. */
export function chainOf(folder: KnownFolder): KnownFolder[] {
  return folder.parent === null ? [folder] : [folder, ...chainOf(folder.parent)];
}

export const keyOf = (folder: KnownFolder): string => foldedPath(levelsOf(folder).join(SEPARATOR));

export const isNamed = (displayName: string, level: string): boolean =>
  foldedName(levelOf(displayName)) === foldedName(level);

/** What the sessions of one account know of its folders together. */
export class KnownFolders {
  readonly #byKey = new Map<string, KnownFolder>();
  wellKnown: Promise<WellKnownFolders> | undefined;
  /** All of them were listed. */
  complete = false;

  get(path: string): KnownFolder | undefined {
    return this.#byKey.get(foldedPath(path));
  }

  add(folder: KnownFolder): void {
    this.#byKey.set(keyOf(folder), folder);
  }

  replace(folders: Iterable<KnownFolder>): void {
    this.#byKey.clear();
    for (const folder of folders) this.add(folder);
    this.complete = true;
  }

  /** And those below it. */
  forget(path: string): void {
    const key = levelsOfPath(path).map(foldedName).join(SEPARATOR);
    for (const known of this.#byKey.keys()) {
      if (known === key || known.startsWith(`${key}${SEPARATOR}`)) this.#byKey.delete(known);
    }
  }
}
