import type { Folder, NamespaceShape } from '@mxodus/model';
import { isInbox, keepsFoldersBelowInbox, pathOf } from './folder-names.ts';

/** A source folder, or a level above one. Only a folder that can be selected holds mail. */
export interface FolderNode {
  path: string;
  levels: readonly string[];
  parent: FolderNode | null;
  /** null: a level the server does not list. */
  folder: Folder | null;
}

export interface FolderMapRules {
  /** Source folders, and all below them, that are left where they are. */
  readonly exclude: readonly string[];
  /** Source folder to destination folder, levels separated by "/". */
  readonly map: Readonly<Record<string, string>>;
}

/** Every folder and the levels above it; parents come before children. */
export function folderTree(folders: readonly Folder[], namespace: NamespaceShape): FolderNode[] {
  const nodes = new Map<string, FolderNode>();
  const shallowFirst = [...folders].sort((a, b) => a.levels.length - b.levels.length || (a.path < b.path ? -1 : 1));
  for (const folder of shallowFirst) {
    const levels = canonicalLevels(folder, namespace);
    const key = nodeKey(levels, isInbox(folder.path));
    const parent = parentOf(levels, nodes, namespace);
    // Two folders with the same levels (INBOX, and INBOX.INBOX below it) stay two.
    nodes.set(nodes.has(key) ? `${key}\0\0${folder.path}` : key, { path: folder.path, levels, parent, folder });
  }
  return [...nodes.values()].sort((a, b) => a.levels.length - b.levels.length);
}

/** True where `rule` names this node: levels separated by "/", or the path as the server writes it. */
export function namesNode(rule: string, node: FolderNode): boolean {
  if (rule === node.path) return true;
  const [first = '', ...rest] = rule.split('/');
  const levels = isInbox(first) ? ['INBOX', ...rest] : [first, ...rest];
  return levels.join('/') === node.levels.join('/');
}

export function isExcluded(node: FolderNode, exclude: readonly string[]): boolean {
  if (exclude.some((rule) => namesNode(rule, node))) return true;
  return node.parent !== null && isExcluded(node.parent, exclude);
}

function parentOf(levels: readonly string[], nodes: Map<string, FolderNode>, ns: NamespaceShape): FolderNode | null {
  if (levels.length < 2) return null;
  const above = levels.slice(0, -1);
  const key = nodeKey(above, above.length === 1 && above[0] === 'INBOX');
  const known = nodes.get(key) ?? nodes.get(nodeKey(above, false));
  if (known !== undefined) return known;
  const made = { path: pathOf(above, ns), levels: above, parent: parentOf(above, nodes, ns), folder: null };
  nodes.set(key, made);
  return made;
}

function canonicalLevels(folder: Folder, namespace: NamespaceShape): readonly string[] {
  if (isInbox(folder.path)) return ['INBOX'];
  const [first = '', ...rest] = folder.levels;
  const belowInbox = isInbox(first) && rest.length > 0 && !keepsFoldersBelowInbox(namespace);
  return belowInbox ? ['INBOX', ...rest] : folder.levels;
}

const nodeKey = (levels: readonly string[], inbox: boolean): string => (inbox ? '\0INBOX' : levels.join('\0'));
