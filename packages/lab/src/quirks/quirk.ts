/**
 * A quirk is a named way in which a server differs from Dovecot. The quirk server asks every quirk, in the order they were
 * given, about each command and each response; one sees what those before it made of it.
 */
import type { AppendMessage } from './append-arguments.ts';

/** A command of the client, as far as its first line. */
export interface Command {
  readonly tag: string;
  /** Upper case, with UID: 'APPEND', 'UID FETCH'. */
  readonly name: string;
  /** The first line without tag and line end; a literal's `{n}` at its end must stay. What is set here goes to the server. */
  text: string;
  /** What SELECT, EXAMINE, STATUS, CREATE, APPEND, ... name, unquoted; null for other commands, and for a name sent as a literal. */
  readonly mailbox: string | null;
  /** The mailbox selected when the command was sent, unquoted. */
  readonly selected: string | null;
}

/** A response of the server, as far as its first line or first literal. */
export interface ServerResponse {
  readonly kind: 'greeting' | 'untagged' | 'continuation' | 'tagged';
  /** What it answers; for an untagged one the command being carried out, null when there is none. */
  readonly command: Command | null;
  /** Without line end and `{n}`. What is set here goes to the client. */
  text: string;
  /** The first literal; the text goes on after it. */
  readonly literal: ResponseLiteral | null;
  /** Edits each line after the first literal. */
  editRest?: (text: string) => string;
}

export interface ResponseLiteral {
  /** Bytes, as the server announced it. */
  readonly length: number;
  edit: LiteralEdit | null;
}

export type LiteralEdit =
  /** This text in place of the literal. */
  | { kind: 'instead'; text: string }
  /** Only its first bytes, announced as that many. */
  | { kind: 'first'; bytes: number }
  /** The connection is reset after its first bytes. */
  | { kind: 'broken off'; bytes: number }
  /** A quoted string. For small ones only: it is collected in memory. */
  | { kind: 'quoted' };

export type Verdict =
  /** The command is answered here and the server does not see it. */
  | {
      kind: 'answer';
      /** Without tag: 'NO Not now'. */
      text: string;
      /** Lines before it, such as '* SEARCH'. */
      untagged?: readonly string[];
      /** `taken`: asks for its literals before it answers. Default refused: answers in place of asking. */
      literals?: 'taken' | 'refused';
    }
  /** '* BYE', then the connection ends. */
  | { kind: 'bye'; text: string }
  /** Both sides are reset. */
  | { kind: 'cut' }
  /** From here on nothing passes in either direction; the connection stays open. */
  | { kind: 'silence' };

export type Ending = Exclude<Verdict, { kind: 'answer' }>;

export const answer = (text: string): Verdict => ({ kind: 'answer', text });
export const bye = (text: string): Ending => ({ kind: 'bye', text });

/** Sees a literal pass. The server has not stored it as long as no verdict was skipped. */
export interface LiteralWatch {
  kind: 'watch';
  onBytes?(bytes: Buffer): Verdict | undefined;
  onEnd?(): Verdict | undefined;
}

/** One connection of a client. */
export interface QuirkConnection {
  /** Counted from 1 over the life of the server. */
  readonly id: number;
  /** The server behind. */
  readonly target: { host: string; port: number };
  /**
   * Sends a command of the quirk's own to the server, before the client's, and returns the untagged lines it gave: those of
   * SEARCH, LIST, STATUS and FETCH without literals. Rejects on NO and BAD. Only within onCommand.
   */
  ask(command: string): Promise<string[]>;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

export interface QuirkHooks {
  onCommand?(command: Command, connection: QuirkConnection): Maybe<Verdict>;
  /** For each message of an APPEND (several with MULTIAPPEND), before its literal. Its fields may be set. */
  onAppend?(message: AppendMessage, command: Command, connection: QuirkConnection): Maybe<Verdict | LiteralWatch>;
  /** Also for answers that other quirks give. */
  onResponse?(response: ServerResponse, connection: QuirkConnection): Maybe<'drop' | Ending>;
  onClose?(connection: QuirkConnection): void;
}

export interface Quirk extends QuirkHooks {
  readonly name: string;
  /** How often it has done something. */
  readonly hits: number;
}

/** @param make gets what the quirk calls each time it does something. */
export function defineQuirk(name: string, make: (hit: () => void) => QuirkHooks): Quirk {
  let hits = 0;
  const hooks = make(() => {
    hits++;
  });
  return {
    ...hooks,
    name,
    get hits() {
      return hits;
    },
  };
}

/** Which of several occasions a quirk acts on. */
export interface Occasions {
  /** The first one. Default 1. */
  nth?: number;
  /** How many from there on. Default: all. */
  times?: number;
}

/** Called on each occasion; true when the quirk is to act. */
export function occasions({ nth = 1, times = Number.POSITIVE_INFINITY }: Occasions = {}): () => boolean {
  let seen = 0;
  return () => {
    seen++;
    return seen >= nth && seen < nth + times;
  };
}
