import type { MxodusError } from '@mxodus/model';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { configError, problem } from './config-error.ts';

export type KeyPath = readonly PropertyKey[];

/** A parsed YAML file that still knows where each key was. */
export interface YamlSource {
  value: unknown;
  /** "mxodus.yaml:12" for the deepest part of the path that is in the file. */
  where(path: KeyPath): string;
}

/** Texts of ours for what yaml finds wrong: its own quote the source, which may hold a password somebody should not have put there. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'a name after * or & is missing or unclear',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no escape that is known',
  BAD_INDENT: 'the indentation does not fit',
  BAD_SCALAR_START: 'a value starts with a character that must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a list or mapping stands where a key was expected',
  DUPLICATE_KEY: 'a key is there twice',
  MISSING_CHAR: 'a character is missing, such as a bracket, a comma, a quote or a colon',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines, or its colon is missing',
  MULTIPLE_DOCS: 'there is more than one document (---) in the file',
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a value starts with ! or has a type (tag) that is not known here; quote it',
};

/** Throws CONFIG_SYNTAX for all that is wrong with the YAML itself. `display` is the file as the user named it. */
export function parseYaml(text: string, display: string): YamlSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${display}:${line}:${col}`;
  };
  const problems = [...document.errors, ...document.warnings].map(({ code, pos }) =>
    syntaxProblem(WORDS[code] ?? 'this is not valid YAML', at(pos[0])),
  );
  problems.push(...unresolvedAliases(document, at));
  if (problems.length > 0) throw configError(problems);
  const where = (path: KeyPath): string => {
    const { line } = lineCounter.linePos(offsetOf(document, path));
    return `${display}:${line}`;
  };
  return { value: plainValue(document, at), where };
}

function plainValue(document: Document, at: (offset: number) => string): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw syntaxProblem('aliases (*name) multiply into more than a config can need', at(0));
  }
}

function syntaxProblem(what: string, where: string): MxodusError {
  return problem('CONFIG_SYNTAX', {
    what,
    why: 'the file is not valid YAML',
    advice: 'correct the place named above (line:column)',
    where,
  });
}

function unresolvedAliases(document: Document, at: (offset: number) => string): MxodusError[] {
  const found: MxodusError[] = [];
  visit(document, {
    Alias: (_key, alias: Alias) => {
      if (alias.resolve(document) === undefined) {
        const what = 'an alias (*name) has no anchor (&name) before it; a value that starts with * must be quoted';
        found.push(syntaxProblem(what, at(alias.range?.[0] ?? 0)));
      }
    },
  });
  return found;
}

/** Goes down as far as the file does; what an alias or a merge (<<) brings in is where the anchor is. */
function offsetOf(document: Document, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const next = child(document, node, key);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function child(
  document: Document,
  of: unknown,
  key: PropertyKey,
): { node: unknown; offset: number | undefined } | undefined {
  const node = isAlias(of) ? of.resolve(document) : of;
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return item === undefined ? undefined : { node: item, offset: startOf(item) };
  }
  if (!isMap(node)) return undefined;
  for (const pair of node.items) {
    if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(key)) {
      return { node: pair.value, offset: startOf(pair.key) };
    }
  }
  const merged = node.items.find((pair) => isScalar(pair.key) && pair.key.source === '<<');
  return merged === undefined ? undefined : mergedChild(document, merged.value, key);
}

function mergedChild(document: Document, value: unknown, key: PropertyKey): ReturnType<typeof child> {
  const sources = isSeq(value) ? value.items : [value];
  for (const source of sources) {
    const found = child(document, source, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}
