import { SimError } from '../route.ts';

/**
 * $filter of OData 4 as far as Exchange takes it here (precedence: and before or):
 *   or    = and *( "or" and )
 *   and   = not *( "and" not )
 *   not   = [ "not" ] ( "(" or ")" | any | comparison )
 *   any   = "singleValueExtendedProperties/" "Any" "(" var ":" var "/id eq " text " and " var "/value " operator text ")"
 *   comparison = path operator literal
 */
export type Filter =
  | { kind: 'and' | 'or'; parts: Filter[] }
  | { kind: 'not'; part: Filter }
  | { kind: 'property'; id: string; operator: Operator; value: string }
  | { kind: 'compare'; path: string; operator: Operator; literal: Literal };

export type Operator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type Literal = { kind: 'text' | 'word'; text: string };

const OPERATORS: readonly Operator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'];
const TOKEN = /\s*(?:('(?:[^']|'')*')|([(),:])|([^\s'(),:]+(?::[^\s'(),]+)*))/y;
const DEPTH = 50;

interface Token {
  kind: 'text' | 'mark' | 'word';
  text: string;
}

export function parseFilter(text: string): Filter {
  const parser = new Parser(tokensOf(text), text);
  return parser.whole();
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const [, quoted, mark, word] = TOKEN.exec(text) ?? [];
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else throw bad(text);
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  whole(): Filter {
    const filter = this.#or();
    if (this.#at < this.#tokens.length) throw bad(this.#text);
    return filter;
  }

  #or(): Filter {
    this.#depth += 1;
    if (this.#depth > DEPTH) throw bad(this.#text);
    const filter = this.#row('or', () => this.#row('and', () => this.#not()));
    this.#depth -= 1;
    return filter;
  }

  #row(kind: 'and' | 'or', next: () => Filter): Filter {
    const first = next();
    const parts = [first];
    while (this.#takes('word', kind)) parts.push(next());
    return parts.length === 1 ? first : { kind, parts };
  }

  #not(): Filter {
    if (this.#takes('word', 'not')) return { kind: 'not', part: this.#not() };
    if (this.#takes('mark', '(')) {
      const inner = this.#or();
      this.#mark(')');
      return inner;
    }
    const path = this.#word();
    return /^singleValueExtendedProperties\/any$/i.test(path) ? this.#any() : this.#comparison(path);
  }

  #comparison(path: string): Filter {
    const operator = this.#operator();
    const token = this.#next();
    if (token.kind === 'mark') throw bad(this.#text);
    return { kind: 'compare', path, operator, literal: { kind: token.kind, text: token.text } };
  }

  #any(): Filter {
    this.#mark('(');
    const variable = this.#variable();
    const seen = new Map<string, { operator: Operator; text: string }>();
    do {
      const wrapped = this.#takes('mark', '(');
      const path = this.#word();
      const operator = this.#operator();
      const token = this.#next();
      if (token.kind !== 'text' || seen.has(path)) throw bad(this.#text);
      seen.set(path, { operator, text: token.text });
      if (wrapped) this.#mark(')');
    } while (this.#takes('word', 'and'));
    this.#mark(')');
    const id = seen.get(`${variable}/id`);
    const value = seen.get(`${variable}/value`);
    if (id?.operator !== 'eq' || value === undefined || seen.size !== 2) throw bad(this.#text);
    return { kind: 'property', id: id.text, operator: value.operator, value: value.text };
  }

  /** "ep:", which may stand as one word with what follows ("ep:ep/id"). */
  #variable(): string {
    const token = this.#next();
    if (token.kind !== 'word') throw bad(this.#text);
    const colon = token.text.indexOf(':');
    if (colon >= 0) {
      const rest = token.text.slice(colon + 1);
      this.#at -= 1;
      this.#spliced = { kind: 'word', text: rest };
      return token.text.slice(0, colon);
    }
    this.#mark(':');
    return token.text;
  }

  /** What is left of the current token after a variable was cut from it. */
  #spliced: Token | null = null;

  #operator(): Operator {
    const word = this.#word();
    const operator = OPERATORS.find((name) => name === word);
    if (operator === undefined) throw bad(this.#text);
    return operator;
  }

  #word(): string {
    const token = this.#next();
    if (token.kind !== 'word') throw bad(this.#text);
    return token.text;
  }

  #mark(text: string): void {
    if (!this.#takes('mark', text)) throw bad(this.#text);
  }

  #takes(kind: Token['kind'], text: string): boolean {
    const token = this.#spliced ?? this.#tokens[this.#at];
    if (token?.kind !== kind || token.text !== text) return false;
    this.#next();
    return true;
  }

  #next(): Token {
    const token = this.#spliced ?? this.#tokens[this.#at];
    if (token === undefined) throw bad(this.#text);
    this.#spliced = null;
    this.#at += 1;
    return token;
  }
}

const bad = (text: string): SimError =>
  new SimError(400, 'ErrorInvalidUrlQueryFilter', `Invalid filter clause: '${text}'.`);

/** Every path a filter compares. */
export function pathsOf(filter: Filter): string[] {
  if (filter.kind === 'compare') return [filter.path];
  if (filter.kind === 'property') return ['singleValueExtendedProperties'];
  return filter.kind === 'not' ? pathsOf(filter.part) : filter.parts.flatMap(pathsOf);
}
