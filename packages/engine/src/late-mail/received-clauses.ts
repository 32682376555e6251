/** What stands behind a word such as `from`: its words, and the comments there. */
export interface Clause {
  words: string[];
  /** Without their outer parentheses. */
  comments: string[];
}

const KEYWORDS: ReadonlySet<string> = new Set(['from', 'by', 'via', 'with', 'id', 'for']);

/** Words of a clause, and comments of it, that are kept. */
const KEPT = 12;

interface Token {
  kind: 'word' | 'comment' | 'semicolon';
  text: string;
  /** Behind it. */
  end: number;
}

/**
 * The clauses of a Received field by their word, '' for what stands before the first, and the text of its date. Each word counts once:
 * a second `from` belongs to whatever clause is open.
 */
export function readClauses(value: string): { clauses: ReadonlyMap<string, Clause>; date: string | null } {
  const tokens = [...tokensOf(value)];
  const last = tokens.findLastIndex(({ kind }) => kind === 'semicolon');
  const clauses = new Map<string, Clause>();
  let open: Clause = { words: [], comments: [] };
  clauses.set('', open);
  for (const { kind, text } of last === -1 ? tokens : tokens.slice(0, last)) {
    const word = text.toLowerCase();
    if (kind === 'word' && KEYWORDS.has(word) && !clauses.has(word)) {
      open = { words: [], comments: [] };
      clauses.set(word, open);
    } else if (kind !== 'semicolon') {
      const into = kind === 'word' ? open.words : open.comments;
      if (into.length < KEPT) into.push(text);
    }
  }
  const dateWords = tokens.slice(last + 1).flatMap(({ kind, text }) => (kind === 'word' ? [text] : []));
  return { clauses, date: last === -1 ? null : dateWords.join(' ') };
}

/** Comments nest, and hide semicolons (RFC 5322 section 3.2.2); one that is never closed ends with the field. */
function* tokensOf(value: string): Generator<Token> {
  for (let at = 0; at < value.length; ) {
    const char = value[at] ?? '';
    if (/\s/.test(char)) at += 1;
    else if (char === ';') {
      at += 1;
      yield { kind: 'semicolon', text: ';', end: at };
    } else {
      const token = char === '(' ? comment(value, at) : word(value, at);
      at = token.end;
      yield token;
    }
  }
}

function comment(value: string, start: number): Token {
  let depth = 0;
  for (let at = start; at < value.length; at += 1) {
    const char = value[at];
    if (char === '\\') at += 1;
    else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    if (depth === 0) return { kind: 'comment', text: value.slice(start + 1, at), end: at + 1 };
  }
  return { kind: 'comment', text: value.slice(start + 1), end: value.length };
}

function word(value: string, start: number): Token {
  let quoted = false;
  let at = start;
  for (; at < value.length; at += 1) {
    const char = value[at] ?? '';
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && /[\s;(]/.test(char)) break;
  }
  return { kind: 'word', text: value.slice(start, at), end: Math.max(at, start + 1) };
}
