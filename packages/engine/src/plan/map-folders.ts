import type { Folder, FolderRole, NamespaceShape } from '@mxodus/model';
import { folderKey, isInbox, keepsFoldersBelowInbox, levelsOf, nameCandidates, pathOf } from './folder-names.ts';
import { type FolderMapRules, type FolderNode, folderTree, isExcluded, namesNode } from './folder-tree.ts';

/**
 * Says where each source folder goes. Decided first are those whose place does not hang on others: decided before (`fixed`), INBOX,
 * the config's map, RFC 6154 roles. The rest follow their parent, level by level, under their own name or the nearest one the
 * destination takes. No two source folders share a destination folder.
 */

export interface FoldersToMap {
  source: readonly Folder[];
  sourceNamespace: NamespaceShape;
  destination: readonly Folder[];
  destinationNamespace: NamespaceShape;
  rules: FolderMapRules;
  /** The destination takes names that differ only by case or Unicode form for one. */
  foldsCase: boolean;
  /** Names the destination refuses, and why. */
  refused?: ReadonlyMap<string, string>;
  /** Source path to destination path, decided before. */
  fixed?: ReadonlyMap<string, string>;
}

export type RenameCause = 'config' | 'role' | 'parent' | 'existing' | 'character' | 'collision' | 'refused';

export interface FolderMapping {
  source: string;
  destination: string;
  role: FolderRole | null;
  subscribed: boolean;
  excluded: boolean;
  /** null: it keeps its name. */
  cause: RenameCause | null;
  renamed: string | null;
  /** The destination refuses every name that was tried; the last words it said. */
  unplaced: string | null;
}

interface Place {
  levels: readonly string[];
  path: string;
  cause: RenameCause | null;
  renamed: string | null;
  unplaced: string | null;
}

/** One decision for each source folder that holds mail. */
export function mapFolders(input: FoldersToMap): FolderMapping[] {
  const { nodes, places } = placeAll(input);
  return nodes.filter(holdsMail).map((node) => mappingOf(node, places.of(node), input.destinationNamespace));
}

/** Every name at the destination the decisions rely on: the folders, and the levels above them. */
export function namesToMake(input: FoldersToMap): string[] {
  const { nodes, places } = placeAll(input);
  return [...new Set(nodes.flatMap((node) => places.of(node)?.path ?? []))];
}

function placeAll(input: FoldersToMap): { nodes: FolderNode[]; places: Places } {
  const nodes = folderTree(input.source, input.sourceNamespace);
  const wanted = nodes.filter((node) => !isExcluded(node, input.rules.exclude));
  const places = new Places(input);
  places.placeFixed(wanted);
  places.placeInbox(wanted);
  places.placeByConfig(wanted);
  places.placeByRole(wanted);
  places.placeBelowParents(wanted);
  return { nodes, places };
}

/** No place: left out by the config. */
function mappingOf(node: FolderNode, place: Place | undefined, namespace: NamespaceShape): FolderMapping {
  const source = node.path;
  const role = node.folder?.role ?? null;
  const subscribed = node.folder?.subscribed ?? false;
  if (place === undefined) {
    const destination = pathOf(node.levels, namespace);
    return { source, destination, role, subscribed, excluded: true, cause: null, renamed: null, unplaced: null };
  }
  const { path: destination, cause, renamed, unplaced } = place;
  return { source, destination, role, subscribed, excluded: false, cause, renamed, unplaced };
}

class Places {
  readonly #input: FoldersToMap;
  readonly #places = new Map<FolderNode, Place>();
  /** Folder key at the destination to the source folder that has it. */
  readonly #claims = new Map<string, string>();
  readonly #existing = new Map<string, Folder>();
  /** Names that folders the config does not move have by themselves; only while those it moves are placed. */
  readonly #owners = new Map<string, string>();

  constructor(input: FoldersToMap) {
    this.#input = input;
    for (const folder of input.destination) this.#existing.set(this.#key(folder.path), folder);
  }

  of(node: FolderNode): Place | undefined {
    return this.#places.get(node);
  }

  placeFixed(nodes: readonly FolderNode[]): void {
    for (const node of nodes) {
      const path = this.#input.fixed?.get(node.path);
      if (path === undefined) continue;
      const levels = levelsOf(path, this.#input.destinationNamespace);
      this.#set(node, { levels, path, cause: null, renamed: null, unplaced: null });
    }
  }

  placeInbox(nodes: readonly FolderNode[]): void {
    for (const node of this.#open(nodes)) {
      if (!isInbox(node.path) || this.#ruleFor(node) !== undefined) continue;
      this.#set(node, { levels: ['INBOX'], path: 'INBOX', cause: null, renamed: null, unplaced: null });
    }
  }

  /** A folder that has the name already keeps it: `Sent Items: Sent` does not push "Sent" away. */
  placeByConfig(nodes: readonly FolderNode[]): void {
    const open = this.#open(nodes);
    for (const node of open.filter((one) => holdsMail(one) && !this.#isMoved(one))) {
      this.#owners.set(this.#key(pathOf(node.levels, this.#input.destinationNamespace)), node.path);
    }
    for (const node of open) {
      const rule = this.#ruleFor(node);
      if (rule === undefined) continue;
      const levels = this.#levelsOfConfig(rule);
      const parent = levels.slice(0, -1);
      const place = this.#firstFree(node, { parent, name: levels.at(-1) ?? '', same: false });
      const same = place.levels.join('\0') === node.levels.join('\0');
      if (place.cause !== null || same) this.#set(node, place);
      else this.#set(node, { ...place, cause: 'config', renamed: 'the config says so (sync.folders.map)' });
    }
    this.#owners.clear();
  }

  placeByRole(nodes: readonly FolderNode[]): void {
    const withRole = this.#open(nodes).filter(({ folder }) => folder?.status && folder.role && folder.role !== 'inbox');
    const pairs = withRole.flatMap((node) => {
      const targets = this.#input.destination.filter((folder) => folder.role === node.folder?.role);
      return targets.map((target) => ({ node, target, sameName: target.levels.at(-1) === node.levels.at(-1) }));
    });
    pairs.sort((a, b) => Number(b.sameName) - Number(a.sameName) || order(a.target.path, b.target.path));
    for (const { node, target } of pairs) {
      if (this.#places.has(node) || this.#claims.has(this.#key(target.path))) continue;
      const same = target.levels.join('\0') === node.levels.join('\0');
      const renamed = same ? null : `it is the destination's folder for "${target.role}" (RFC 6154)`;
      const cause = same ? null : 'role';
      this.#set(node, { levels: target.levels, path: target.path, cause, renamed, unplaced: null });
    }
  }

  placeBelowParents(nodes: readonly FolderNode[]): void {
    for (const node of this.#shallowFirst(this.#open(nodes))) {
      const name = node.levels.at(-1) ?? '';
      this.#set(node, this.#firstFree(node, { parent: this.#levelsAbove(node), name, same: true }));
    }
  }

  /** Levels above come first; at one level folders that keep their name win over those that cannot. */
  #shallowFirst(nodes: readonly FolderNode[]): FolderNode[] {
    const separator = this.#input.destinationNamespace.separator;
    const rank = (node: FolderNode): number => {
      const name = node.levels.at(-1) ?? '';
      if (!holdsMail(node)) return 2;
      return nameCandidates(name, separator)[0]?.name === name ? 0 : 1;
    };
    return [...nodes].sort((a, b) => a.levels.length - b.levels.length || rank(a) - rank(b) || order(a.path, b.path));
  }

  #levelsAbove(node: FolderNode): readonly string[] {
    if (node.parent === null) return [];
    const above = this.#places.get(node.parent)?.levels ?? node.parent.levels;
    const inInbox = above.length === 1 && above[0] === 'INBOX';
    return inInbox && keepsFoldersBelowInbox(this.#input.destinationNamespace) ? [] : above;
  }

  /** The first name that is neither refused nor another folder's. `same`: the name is the folder's own. */
  #firstFree(node: FolderNode, wish: { parent: readonly string[]; name: string; same: boolean }): Place {
    const namespace = this.#input.destinationNamespace;
    let refusal: string | null = null;
    let owner: string | undefined;
    let last = wish.name;
    for (const [rung, { name, numbered }] of nameCandidates(wish.name, namespace.separator).entries()) {
      for (let n = 1; ; n += 1) {
        last = n === 1 ? name : numbered(n);
        const spelled = this.#asSpelled([...wish.parent, last]);
        const why = this.#input.refused?.get(spelled.path);
        if (why !== undefined) {
          refusal = why;
          break;
        }
        const taken = holdsMail(node) ? this.#ownerOf(spelled.path) : undefined;
        if (taken === undefined) return this.#placed(node, spelled, { ...wish, rung, refusal, owner, last });
        owner ??= taken;
      }
    }
    const levels = [...wish.parent, last];
    const renamed = 'the destination refuses every name that was tried';
    return { levels, path: pathOf(levels, namespace), cause: 'refused', renamed, unplaced: refusal };
  }

  #placed(
    node: FolderNode,
    spelled: { levels: readonly string[]; path: string },
    how: { name: string; same: boolean; rung: number; refusal: string | null; owner: string | undefined; last: string },
  ): Place {
    const place = (cause: RenameCause | null, renamed: string | null): Place => ({
      ...spelled,
      cause,
      renamed,
      unplaced: null,
    });
    if (how.refusal !== null) return place('refused', `the destination refuses the name: ${how.refusal}`);
    if (how.owner !== undefined) return place('collision', `"${how.owner}" has that name at the destination`);
    if (how.last !== how.name) return place('character', this.#whyReplaced(how.name));
    if (spelled.levels.at(-1) !== how.last) return place('existing', 'the destination has it in another spelling');
    if (spelled.levels.length > 1 && this.#input.destinationNamespace.separator === null)
      return place('character', 'the destination has no folders in folders');
    return how.same ? this.#afterParent(node, place) : place(null, null);
  }

  #afterParent(node: FolderNode, place: (cause: RenameCause | null, renamed: string | null) => Place): Place {
    const parent = node.parent === null ? undefined : this.#places.get(node.parent);
    if (node.parent === null || parent === undefined || parent.cause === null) return place(null, null);
    // A level that holds no mail is in no plan: its child says what became of it.
    if (!holdsMail(node.parent)) return place(parent.cause, parent.renamed);
    return place('parent', `it is below "${parent.path}"`);
  }

  #whyReplaced(name: string): string {
    const separator = this.#input.destinationNamespace.separator;
    if (separator !== null && name.includes(separator)) return `"${separator}" separates levels at the destination`;
    return 'control characters cannot be in a name';
  }

  /** Where the destination folds case, a folder that is there already keeps its own spelling. */
  #asSpelled(levels: readonly string[]): { levels: readonly string[]; path: string } {
    const path = pathOf(levels, this.#input.destinationNamespace);
    const existing = this.#input.foldsCase ? this.#existing.get(this.#key(path)) : undefined;
    return existing === undefined ? { levels, path } : { levels: existing.levels, path: existing.path };
  }

  #levelsOfConfig(name: string): readonly string[] {
    const existing = this.#input.destination.find((folder) => folder.path === name);
    if (existing !== undefined) return existing.levels;
    const [first = '', ...rest] = name.split('/');
    return isInbox(first) ? ['INBOX', ...rest] : [first, ...rest];
  }

  #ownerOf(path: string): string | undefined {
    const key = this.#key(path);
    return this.#claims.get(key) ?? this.#owners.get(key);
  }

  #isMoved(node: FolderNode): boolean {
    return this.#ruleFor(node) !== undefined || (node.parent !== null && this.#isMoved(node.parent));
  }

  #ruleFor(node: FolderNode): string | undefined {
    return Object.entries(this.#input.rules.map).find(([from]) => namesNode(from, node))?.[1];
  }

  #open(nodes: readonly FolderNode[]): FolderNode[] {
    return nodes.filter((node) => !this.#places.has(node));
  }

  #set(node: FolderNode, place: Place): void {
    this.#places.set(node, place);
    if (holdsMail(node)) this.#claims.set(this.#key(place.path), node.path);
  }

  #key(path: string): string {
    return folderKey(path, this.#input.destinationNamespace.separator, this.#input.foldsCase);
  }
}

const holdsMail = (node: FolderNode): boolean => node.folder !== null && node.folder.status !== null;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
