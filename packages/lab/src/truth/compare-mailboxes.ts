import type { FolderMap, TruthFolder, TruthMessage } from './truth.ts';

export interface CompareOptions {
  /** Expected folder name to the name it has in `actual`. */
  renames?: Readonly<Record<string, string>>;
  /** Names (as in `actual`) to leave out on both sides. */
  ignoreFolders?: readonly string[];
}

/**
 * Says how two mailboxes differ, one readable line each; [] when they are equal. Messages are compared as multisets of
 * (sha256, flags, INTERNALDATE) per folder: two equal messages are two.
 */
export function compareMailboxes(expected: FolderMap, actual: FolderMap, options: CompareOptions = {}): string[] {
  const ignored = new Set(options.ignoreFolders ?? []);
  const wanted = new Map(Object.entries(expected).map(([name, folder]) => [options.renames?.[name] ?? name, folder]));
  const found = new Map(Object.entries(actual));
  const differences: string[] = [];
  for (const [name, folder] of wanted) {
    if (ignored.has(name)) continue;
    const other = found.get(name);
    if (other) differences.push(...compareFolder(name, folder, other));
    else differences.push(`${quote(name)}: folder is missing (${folder.messages.length} messages)`);
  }
  for (const [name, folder] of found) {
    if (ignored.has(name) || wanted.has(name)) continue;
    differences.push(`${quote(name)}: folder is not expected (${folder.messages.length} messages)`);
  }
  return differences;
}

function compareFolder(name: string, expected: TruthFolder, actual: TruthFolder): string[] {
  const lines: string[] = [];
  if (expected.subscribed !== actual.subscribed) {
    lines.push(`subscribed is ${actual.subscribed}, expected ${expected.subscribed}`);
  }
  if (expected.specialUse !== actual.specialUse) {
    lines.push(`special use is ${actual.specialUse}, expected ${expected.specialUse}`);
  }
  const missing = subtract(expected.messages, actual.messages);
  const surplus = subtract(actual.messages, expected.messages);
  for (const message of missing) {
    const sameBytes = surplus.findIndex((other) => other.sha256 === message.sha256);
    const [other] = sameBytes === -1 ? [] : surplus.splice(sameBytes, 1);
    lines.push(other ? changed(message, other) : `missing ${describe(message)}`);
  }
  for (const message of surplus) lines.push(`not expected ${describe(message)}`);
  return lines.map((line) => `${quote(name)}: ${line}`);
}

/** The messages of `from` left over after each of `other` has taken away one equal to it. */
function subtract(from: readonly TruthMessage[], other: readonly TruthMessage[]): TruthMessage[] {
  const count = new Map<string, number>();
  for (const message of other) count.set(key(message), (count.get(key(message)) ?? 0) + 1);
  return from.filter((message) => {
    const left = count.get(key(message)) ?? 0;
    if (left > 0) count.set(key(message), left - 1);
    return left === 0;
  });
}

function key(message: TruthMessage): string {
  return `${message.sha256} ${message.internalDate} ${message.flags.join(' ')}`;
}

function changed(expected: TruthMessage, actual: TruthMessage): string {
  const parts: string[] = [];
  if (expected.internalDate !== actual.internalDate) {
    parts.push(`INTERNALDATE ${actual.internalDate}, expected ${expected.internalDate}`);
  }
  if (expected.flags.join(' ') !== actual.flags.join(' ')) {
    parts.push(`flags (${actual.flags.join(' ')}), expected (${expected.flags.join(' ')})`);
  }
  return `${expected.kind} / ${actual.kind} ${expected.sha256.slice(0, 12)}: ${parts.join('; ')}`;
}

function describe(message: TruthMessage): string {
  const { kind, sha256, bytes, internalDate, flags } = message;
  return `${kind} ${sha256.slice(0, 12)}, ${bytes} bytes, ${internalDate}, (${flags.join(' ')})`;
}

function quote(name: string): string {
  return JSON.stringify(name);
}
