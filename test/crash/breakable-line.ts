import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What breaks a line, and where. */
export interface Break {
  side: 'commands' | 'answers';
  /** Looked for in what passes, in latin1; with `m`, `^` is the start of a line. */
  on: RegExp;
  /** Bytes that still pass, counted from where the match begins; default 0: the match does not pass. */
  pass?: number;
  /** Default 1, the first match. */
  nth?: number;
  /** Matches it acts on; default 1. */
  times?: number;
  /**
   * cut (default): both sides are reset. silence: nothing passes any more in either direction, and the connection stays open.
   * nothing: it is only counted.
   */
  by?: 'cut' | 'silence' | 'nothing';
  /** Whose connections; default: everybody's, also before anybody has signed in. */
  user?: string;
}

export interface Broken {
  /** How often it has happened. */
  readonly hits: number;
  /** Resolves when it first happens. */
  readonly happened: Promise<void>;
  /** It does not happen any more. */
  mend(): void;
}

export interface BreakableLine {
  port: number;
  add(rule: Break): Broken;
  /** Connections so far. */
  readonly connections: number;
  /** Connections cut because their client said nothing. */
  readonly tooQuiet: number;
  stop(): Promise<void>;
}

export interface LineOptions {
  /** Connections whose client has sent a match are cut once it says nothing for this long; ms. */
  patience?: { ms: number; of: RegExp };
  /** Called after each piece of data that passed, in either direction. */
  onPiece?: () => void;
}

interface Rule extends Required<Omit<Break, 'user'>> {
  user: string | undefined;
  seen: number;
  hits: number;
  happen(): void;
}

interface Connection {
  user: string | undefined;
  client: Socket;
  server: Socket;
  silent: boolean;
}

/** A pattern is found although it comes in two pieces. */
const REMEMBERED = 400;

/** A line to a server that can be broken at any byte of what passes, in either direction, for everybody or for one user. */
export async function startBreakableLine(target: number, options: LineOptions = {}): Promise<BreakableLine> {
  const { patience, onPiece = () => undefined } = options;
  const rules = new Set<Rule>();
  const sockets = new Set<Socket>();
  let [connections, tooQuiet] = [0, 0];

  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { user: undefined, client, server: upstream, silent: false };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    follow(connection, { side: 'commands', rules, onPiece });
    follow(connection, { side: 'answers', rules, onPiece });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroySoon());
    if (patience === undefined) return;
    let quiet: NodeJS.Timeout | undefined;
    client.on('data', (bytes: Buffer) => {
      if (quiet === undefined && !patience.of.test(bytes.toString('latin1'))) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        tooQuiet += 1;
        end(connection, 'cut');
      }, patience.ms);
    });
    client.on('close', () => clearTimeout(quiet));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    add: ({ user, ...given }) => {
      const { promise: happened, resolve: happen } = Promise.withResolvers<void>();
      const rule: Rule = { pass: 0, nth: 1, times: 1, by: 'cut', ...given, user, seen: 0, hits: 0, happen };
      rules.add(rule);
      return {
        get hits() {
          return rule.hits;
        },
        happened,
        mend: () => void rules.delete(rule),
      };
    },
    get connections() {
      return connections;
    },
    get tooQuiet() {
      return tooQuiet;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function end(connection: Connection, how: Rule['by']): void {
  connection.silent = true;
  if (how !== 'cut') return;
  connection.client.resetAndDestroy();
  connection.server.resetAndDestroy();
}

interface Following {
  side: Break['side'];
  rules: ReadonlySet<Rule>;
  onPiece(): void;
}

function follow(connection: Connection, { side, rules, onPiece }: Following): void {
  const [from, to] =
    side === 'commands' ? [connection.client, connection.server] : [connection.server, connection.client];
  let before = '';
  /** A rule that acts when its last bytes have passed. */
  let last: { rule: Rule; left: number } | null = null;

  const breakAt = (bytes: Buffer): { rule: Rule; at: number } | null => {
    const text = before + bytes.toString('latin1');
    for (const rule of rules) {
      if (rule.side !== side || (rule.user !== undefined && rule.user !== connection.user)) continue;
      for (const { index, 0: match } of text.matchAll(new RegExp(rule.on.source, `${rule.on.flags}g`))) {
        if (index + match.length <= before.length) continue;
        rule.seen += 1;
        if (rule.seen < rule.nth || rule.seen >= rule.nth + rule.times) continue;
        if (rule.by === 'nothing') {
          rule.hits += 1;
          continue;
        }
        return { rule, at: Math.max(0, index - before.length) };
      }
    }
    return null;
  };
  const strike = (rule: Rule): void => {
    rule.hits += 1;
    rule.happen();
    end(connection, rule.by);
  };

  from.on('data', (bytes: Buffer) => {
    if (connection.silent) return;
    if (side === 'commands') connection.user ??= signsIn(bytes.toString('latin1'));
    if (last === null) {
      const found = breakAt(bytes);
      if (found !== null) last = { rule: found.rule, left: found.at + found.rule.pass };
    }
    const passing = last === null ? bytes : bytes.subarray(0, last.left);
    before = (before + passing.toString('latin1')).slice(-REMEMBERED);
    const breaks = last !== null && last.left <= bytes.length ? last.rule : null;
    if (last !== null) last.left -= passing.length;
    if (passing.length === 0 && breaks !== null) {
      strike(breaks);
      return;
    }
    const room = to.write(passing, () => {
      if (breaks !== null) strike(breaks);
    });
    if (breaks !== null) connection.silent = true;
    onPiece();
    if (room) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
}

/** The user of LOGIN, and of AUTHENTICATE PLAIN with its initial response. */
function signsIn(commands: string): string | undefined {
  const login = /\bLOGIN "?([^\s"]+)/i.exec(commands)?.[1];
  if (login !== undefined) return login;
  const response = /^(?:\S+ AUTHENTICATE PLAIN )?([A-Za-z0-9+/]{8,}=*)\r\n$/i.exec(commands)?.[1];
  return response === undefined ? undefined : Buffer.from(response, 'base64').toString().split('\0')[1];
}
