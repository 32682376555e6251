import { type Cutter, createCutter, type Line } from '../proxy/lines-and-literals.ts';
import type { AnswerQueue, Pending } from './answer-queue.ts';
import { type AppendArguments, readAppendArguments, writeAppendArguments } from './append-arguments.ts';
import type { HookRunner } from './hook-runner.ts';
import type { Command, Ending, LiteralWatch, Verdict } from './quirk.ts';
import { commandName, mailboxName, mailboxWord } from './wire-text.ts';

export interface ClientSide {
  feed(chunk: Buffer): Promise<void>;
  /** The server answered this tag: if it did so in place of asking for a literal, no literal comes. */
  answered(tag: string): void;
  takeHeld(): Buffer;
  abandon(): void;
}

export interface ClientSideOptions {
  queue: AnswerQueue;
  hooks: HookRunner;
  /** False once nothing more may pass. */
  passing(): boolean;
  toServer(bytes: Buffer | string): Promise<void>;
  /** '+', in this command's turn. */
  goAhead(entry: Pending): Promise<void>;
  /** Answers given here are due. */
  flush(): Promise<void>;
  end(verdict: Ending): Promise<void>;
  /** A command's first line goes to the server. */
  onCommand(command: Command): void;
}

/** The command that is not whole yet. */
interface OpenCommand {
  entry: Pending;
  command: Command;
  /** Set once it is answered here. */
  answer: Extract<Verdict, { kind: 'answer' }> | null;
  /** Something of it reached the server. */
  begun: boolean;
  /** The client waits to be asked for the literal. */
  waits: boolean;
  /** Messages of an APPEND so far. */
  messages: number;
  watches: readonly LiteralWatch[];
  /** A watch's verdict that waits for the end of the literal. */
  verdict: Verdict | undefined;
  prefix: Buffer | null;
}

type Piece = { kind: 'line'; line: Line } | { kind: 'literal'; bytes: Buffer; last: boolean };

// An APPEND of several messages fails as a whole when one is empty, and Dovecot does not count a NO against the client.
const SPOIL = ' {0+}\r\n\r\n';

/** Takes what the client sends, asks the quirks, and passes on what they leave. */
export function createClientSide(options: ClientSideOptions): ClientSide {
  const { queue, hooks, toServer } = options;
  let open: OpenCommand | null = null;
  let selected: string | null = null;
  const cutter: Cutter<Piece> = createCutter<Piece>({
    line: (line) => ({ kind: 'line', line }),
    literal: (bytes, last) => ({ kind: 'literal', bytes, last }),
  });

  const settle = async ({ entry, answer }: OpenCommand): Promise<void> => {
    open = null;
    entry.lines = [...(answer?.untagged ?? []), `${entry.tag} ${answer?.text ?? ''}`];
    await options.flush();
  };

  /** A line of a command that is answered here. */
  const swallow = async (current: OpenCommand, { literal }: Line): Promise<void> => {
    if (!literal) return settle(current);
    if (!literal.synchronising) return;
    if (current.answer?.literals === 'taken') return options.goAhead(current.entry);
    cutter.dropLiteral();
    return settle(current);
  };

  const decide = async (current: OpenCommand, verdict: Verdict): Promise<void> => {
    if (verdict.kind !== 'answer') return options.end(verdict);
    current.answer = verdict;
    current.entry.by = 'quirk server';
    if (!current.begun) return;
    queue.discard(current.entry.tag);
    await toServer(SPOIL);
  };

  const literalEnds = async (current: OpenCommand): Promise<void> => {
    let verdict = current.verdict;
    for (const watch of current.watches) verdict ??= watch.onEnd?.();
    current.watches = [];
    current.verdict = undefined;
    if (verdict) await decide(current, verdict);
  };

  /** What the quirks make of a message's arguments; null when one of them decided. */
  const askAboutMessage = async (current: OpenCommand, frame: AppendArguments): Promise<string | null> => {
    const result = await hooks.append(frame.message, current.command);
    if (!Array.isArray(result)) {
      await decide(current, result);
      return null;
    }
    current.messages++;
    current.watches = result;
    current.prefix = frame.message.prefix;
    return writeAppendArguments(frame);
  };

  const pass = async (current: OpenCommand, line: Line, first: boolean): Promise<void> => {
    const { command } = current;
    const text = first ? command.text : line.text;
    let changed = text;
    const place = { index: current.messages, mailbox: command.mailbox };
    const frame = command.name === 'APPEND' ? readAppendArguments(text, place) : null;
    if (frame) {
      const before = writeAppendArguments(frame);
      const after = await askAboutMessage(current, frame);
      if (after === null) return current.answer ? swallow(current, line) : undefined;
      if (after !== before) changed = after;
    }
    if (!options.passing()) return;
    const out = first ? `${command.tag} ${changed}` : changed;
    current.begun = true;
    current.waits = line.literal?.synchronising ?? false;
    await toServer(out === line.text ? line.bytes : `${out}\r\n`);
    if (!line.literal) open = null;
    else if (line.literal.length === 0) await literalEnds(current);
  };

  const begin = async (line: Line): Promise<void> => {
    const [, tag, text] = /^([^\s()"]+) (\S.*)$/.exec(line.text) ?? [];
    // The client answers a challenge, or ends IDLE.
    if (tag === undefined || text === undefined) return toServer(line.bytes);
    const { name } = commandName(text);
    const mailbox = mailboxWord(text);
    const command: Command = { tag, name, text, mailbox: mailbox && mailboxName(mailbox.word), selected };
    const verdict = await hooks.command(command);
    if (!options.passing()) return;
    const entry: Pending = { tag, command, by: 'server', lines: null, own: null };
    const current: OpenCommand = {
      entry,
      command,
      answer: null,
      begun: false,
      waits: false,
      messages: 0,
      watches: [],
      verdict: undefined,
      prefix: null,
    };
    open = current;
    queue.add(entry);
    options.onCommand(command);
    if (verdict && verdict.kind !== 'answer') return options.end(verdict);
    if (verdict) {
      await decide(current, verdict);
      return swallow(current, line);
    }
    if (name === 'SELECT' || name === 'EXAMINE') selected = command.mailbox;
    if (name === 'CLOSE' || name === 'UNSELECT') selected = null;
    return pass(current, line, true);
  };

  const passLiteral = async (current: OpenCommand, bytes: Buffer, last: boolean): Promise<void> => {
    current.waits = false;
    if (current.answer) return;
    for (const watch of current.watches) current.verdict ??= watch.onBytes?.(bytes);
    if (current.verdict && current.verdict.kind !== 'answer') return options.end(current.verdict);
    if (current.prefix) await toServer(current.prefix);
    current.prefix = null;
    await toServer(bytes);
    if (last) await literalEnds(current);
  };

  return {
    feed: async (chunk) => {
      for (const piece of cutter.feed(chunk)) {
        if (!options.passing()) return;
        const current: OpenCommand | null = open;
        if (piece.kind === 'literal') {
          if (current) await passLiteral(current, piece.bytes, piece.last);
          else await toServer(piece.bytes);
        } else if (!current) await begin(piece.line);
        else if (current.answer) await swallow(current, piece.line);
        else await pass(current, piece.line, false);
      }
    },
    answered: (tag) => {
      if (tag !== open?.command.tag || !open.waits || open.answer) return;
      cutter.dropLiteral();
      open = null;
    },
    takeHeld: () => cutter.takeHeld(),
    abandon: () => undefined,
  };
}
