import { createCutter, type Line } from '../proxy/lines-and-literals.ts';
import type { AnswerQueue, Pending } from './answer-queue.ts';
import type { HookRunner } from './hook-runner.ts';
import type { Ending, LiteralEdit, ServerResponse } from './quirk.ts';
import type { SocketOutput } from './socket-output.ts';

export interface ServerSide {
  feed(chunk: Buffer): Promise<void>;
  /** Sends the answers given here that are due. */
  flush(): Promise<void>;
  /** '+', in this command's turn. */
  goAhead(entry: Pending): Promise<void>;
  takeHeld(): Buffer;
  abandon(): void;
}

export interface ServerSideOptions {
  queue: AnswerQueue;
  hooks: HookRunner;
  client: SocketOutput;
  passing(): boolean;
  /** The client is not there any more. */
  gone(): boolean;
  end(verdict: Ending): Promise<void>;
  /** A tagged answer came from the server. */
  onAnswer(tag: string): void;
}

/** The response that is not whole yet. */
interface OpenResponse {
  /** null: it does not reach the client. */
  passes: { response: ServerResponse; release: () => void } | null;
  /** Answered with it. */
  entry: Pending | null;
  /** Of the literal that is passing. */
  edit: LiteralEdit | null;
  taken: number;
  collected: Buffer[];
}

type Piece = { kind: 'line'; line: Line } | { kind: 'literal'; bytes: Buffer; last: boolean };

const FOR_QUIRKS = /^\* (?:SEARCH|ESEARCH|LIST|STATUS|\d+ FETCH)\b/;

/** Takes what the server sends, asks the quirks, and passes on what they leave. */
export function createServerSide(options: ServerSideOptions): ServerSide {
  const { queue, hooks, client } = options;
  let open: OpenResponse | null = null;
  let greeted = false;
  const cutter = createCutter<Piece>({
    line: (line) => ({ kind: 'line', line }),
    literal: (bytes, last) => ({ kind: 'literal', bytes, last }),
  });

  const flush = async (): Promise<void> => {
    const release = await client.acquire();
    let ended: Ending | null = null;
    try {
      for (let head = queue.head(); head?.by === 'quirk server' && head.lines !== null; head = queue.head()) {
        for (const text of head.lines) {
          const kind = text.startsWith('* ') ? 'untagged' : 'tagged';
          const response: ServerResponse = { kind, command: head.command, text, literal: null };
          const result = await hooks.response(response);
          if (result === 'drop') continue;
          if (result) ended = result;
          if (ended || !options.passing()) break;
          await client.write(`${response.text}\r\n`);
        }
        queue.remove(head);
        if (ended) break;
      }
    } finally {
      release();
    }
    if (ended) await options.end(ended);
  };

  const finish = async (current: OpenResponse): Promise<void> => {
    open = null;
    current.passes?.release();
    if (!current.entry) return;
    queue.remove(current.entry);
    await flush();
  };

  /** Whether a tagged answer is for a quirk, or for nobody. */
  const isOurs = async (tag: string, text: string): Promise<boolean> => {
    if (queue.discarded(tag)) return true;
    const entry = queue.find(tag);
    if (!entry?.own) return false;
    if (/^\S+ OK\b/.test(text)) entry.own.resolve(entry.own.untagged);
    else entry.own.reject(new Error(`The server answered ${text}`));
    queue.remove(entry);
    await flush();
    return true;
  };

  const responseOf = (text: string, { literal }: Line, tag: string): [ServerResponse, Pending | null] => {
    const head = queue.head() ?? null;
    const entry = tag === '*' || tag === '+' ? null : (queue.find(tag) ?? null);
    const kind =
      tag === '+' ? 'continuation' : tag !== '*' ? 'tagged' : greeted || head ? 'untagged' : ('greeting' as const);
    greeted = true;
    return [
      {
        kind,
        command: (entry ?? head)?.command ?? null,
        text: literal ? text.replace(/~?\{\d+\}$/, '') : text,
        literal: literal && { length: literal.length, edit: null },
      },
      entry,
    ];
  };

  const begin = async (line: Line): Promise<void> => {
    const tag = /^\S*/.exec(line.text)?.[0] ?? '';
    const head = queue.head();
    if (head?.own && !line.literal && FOR_QUIRKS.test(line.text)) {
      head.own.untagged.push(line.text);
      return;
    }
    if (tag !== '*' && tag !== '+') {
      options.onAnswer(tag);
      if (await isOurs(tag, line.text)) return;
    }
    const [response, entry] = responseOf(line.text, line, tag);
    const before = response.text;
    const result = await hooks.response(response);
    if (result && result !== 'drop') return options.end(result);
    if (!options.passing()) return;
    const current: OpenResponse = {
      passes: result === 'drop' ? null : { response, release: await client.acquire() },
      entry,
      edit: response.literal?.edit ?? null,
      taken: 0,
      collected: [],
    };
    open = current;
    const unchanged = response.text === before && current.edit === null;
    if (current.passes) await client.write(unchanged ? line.bytes : openingOf(response));
    if (!line.literal) await finish(current);
    else if (line.literal.length === 0) await endLiteral(current);
  };

  const endLiteral = async (current: OpenResponse): Promise<void> => {
    if (current.edit?.kind === 'quoted') {
      const text = Buffer.concat(current.collected).toString('latin1');
      if (current.passes) await client.write(`"${text.replace(/[\\"]/g, '\\$&')}"`);
    }
    current.edit = null;
  };

  const passLiteral = async (current: OpenResponse, bytes: Buffer, last: boolean): Promise<void> => {
    const { edit } = current;
    let part: Buffer | null = bytes;
    if (edit?.kind === 'instead') part = null;
    if (edit?.kind === 'first' || edit?.kind === 'broken off') {
      part = bytes.subarray(0, Math.max(0, edit.bytes - current.taken));
    }
    if (edit?.kind === 'quoted') {
      current.collected.push(bytes);
      part = null;
    }
    current.taken += bytes.length;
    if (part && current.passes) await client.write(part);
    if (edit?.kind === 'broken off' && current.taken >= edit.bytes) return options.end({ kind: 'cut' });
    if (last) await endLiteral(current);
  };

  const passRest = async (current: OpenResponse, line: Line): Promise<void> => {
    const edit = current.passes?.response.editRest;
    const text = edit ? edit(line.text) : line.text;
    if (current.passes) await client.write(text === line.text ? line.bytes : `${text}\r\n`);
    if (!line.literal) await finish(current);
  };

  return {
    feed: async (chunk) => {
      for (const piece of cutter.feed(chunk)) {
        const current: OpenResponse | null = open;
        if (options.gone() || (!current && !options.passing())) return;
        if (piece.kind === 'literal') {
          if (current) await passLiteral(current, piece.bytes, piece.last);
        } else if (current) await passRest(current, piece.line);
        else await begin(piece.line);
      }
    },
    flush,
    goAhead: async (entry) => {
      await queue.untilHead(entry);
      const release = await client.acquire();
      if (options.passing()) await client.write('+ OK\r\n');
      release();
    },
    takeHeld: () => cutter.takeHeld(),
    abandon: () => open?.passes?.release(),
  };
}

/** The first line as it is now. */
function openingOf({ text, literal }: ServerResponse): string {
  if (!literal) return `${text}\r\n`;
  switch (literal.edit?.kind) {
    case 'instead':
      return `${text}${literal.edit.text}`;
    case 'quoted':
      return text;
    case 'first':
      return `${text}{${Math.min(literal.edit.bytes, literal.length)}}\r\n`;
    default:
      return `${text}{${literal.length}}\r\n`;
  }
}
