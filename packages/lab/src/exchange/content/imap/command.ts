import type { SocketReader } from './socket-reader.ts';

/** A part of a command (RFC 3501, 9): an atom, a string (quoted or literal, as bytes), or a list. */
export type Value =
  | { kind: 'atom'; text: string }
  | { kind: 'string'; bytes: Buffer }
  | { kind: 'list'; values: Value[] };

export interface Command {
  tag: string;
  /** In upper case; "UID FETCH" is one name. */
  name: string;
  values: readonly Value[];
}

/** What the connection says while a command is still coming. */
export interface Asked {
  /** A synchronising literal waits for the go-ahead. */
  goAhead(): void;
  /** Looked at before a literal's bytes are taken; a text refuses the command. */
  refusal(head: string, bytes: number): string | null;
}

export type Read = { kind: 'command'; command: Command } | { kind: 'refused'; tag: string; text: string };

/** Exchange Online takes no longer line (imapsync, FAQ.Office365). */
export const LONGEST_LINE_BYTES = 10_239;
export const TOO_LONG = 'BAD Command Argument Error. 11';
/** Above this a literal of anything but APPEND is no argument any more. */
const LARGEST_ARGUMENT_BYTES = 64 * 1024;

/** Reads the next command with its literals. null: the connection has ended. */
export async function readCommand(reader: SocketReader, asked: Asked): Promise<Read | null> {
  const parts: (string | Buffer)[] = [];
  let head = '';
  for (;;) {
    const line = await reader.line(LONGEST_LINE_BYTES);
    if (line === null) return null;
    const text = line.bytes.toString('latin1');
    if (line.tooLong) return { kind: 'refused', tag: tagOf(head || text) ?? '*', text: TOO_LONG };
    const [announced, digits, plus] = /~?\{(\d{1,10})(\+?)\}$/.exec(text) ?? [];
    if (announced === undefined) {
      parts.push(text);
      break;
    }
    const before = text.slice(0, -announced.length);
    head ||= before;
    const size = Number(digits);
    const refusal = literalRefusal(head, size, asked);
    if (refusal !== null) {
      // What was announced with a plus is on its way whatever the answer, and so is the rest of the command.
      if (plus === '+' && (!(await reader.skip(size)) || (await reader.line(LONGEST_LINE_BYTES)) === null)) return null;
      return { kind: 'refused', tag: tagOf(head) ?? '*', text: refusal };
    }
    if (plus === '') asked.goAhead();
    const bytes = await reader.bytes(size);
    if (bytes === null) return null;
    parts.push(before, bytes);
  }
  return parsed(parts);
}

function literalRefusal(head: string, size: number, asked: Asked): string | null {
  if (!/^\S+ APPEND /i.test(head) && size > LARGEST_ARGUMENT_BYTES) return TOO_LONG;
  return asked.refusal(head, size);
}

const tagOf = (line: string): string | undefined => /^(\S+) /.exec(line)?.[1];

function parsed(parts: readonly (string | Buffer)[]): Read {
  const first = parts[0];
  const [head = '', tag = '*', verb = ''] =
    /^(\S+) ((?:UID )?[A-Z]+)(?: |$)/i.exec(typeof first === 'string' ? first : '') ?? [];
  if (head === '' || typeof first !== 'string') return { kind: 'refused', tag, text: 'BAD Command Error. 10' };
  const values = valuesOf([first.slice(head.length), ...parts.slice(1)]);
  if (values === null) return { kind: 'refused', tag, text: 'BAD Command Argument Error. 12' };
  return { kind: 'command', command: { tag, name: verb.toUpperCase(), values } };
}

/** null: brackets that do not close, or a quote. */
function valuesOf(parts: readonly (string | Buffer)[]): Value[] | null {
  const open: Value[][] = [[]];
  const add = (value: Value): void => void open.at(-1)?.push(value);
  for (const part of parts) {
    if (typeof part !== 'string') {
      add({ kind: 'string', bytes: part });
      continue;
    }
    // A quoted string, a bracket, or an atom that may have a section with blanks in it: BODY[HEADER.FIELDS (A B)].
    const pattern = /\s+|"((?:[^"\\]|\\.)*)"|([()])|((?:[^\s()"[]|\[[^\]]*\])+)/gy;
    while (pattern.lastIndex < part.length) {
      const found = pattern.exec(part);
      if (found === null) return null;
      const [, quoted, bracket, atom] = found;
      if (quoted !== undefined) add({ kind: 'string', bytes: Buffer.from(quoted.replace(/\\(.)/g, '$1'), 'latin1') });
      else if (atom !== undefined) add({ kind: 'atom', text: atom });
      else if (bracket === '(') open.push([]);
      else if (bracket === ')') {
        const values = open.pop();
        if (values === undefined || open.length === 0) return null;
        add({ kind: 'list', values });
      }
    }
  }
  return open.length === 1 ? (open[0] ?? null) : null;
}

/** An atom or a string as text; null for a list, or nothing. */
export function textOf(value: Value | undefined): string | null {
  if (value === undefined || value.kind === 'list') return null;
  return value.kind === 'atom' ? value.text : value.bytes.toString('latin1');
}
