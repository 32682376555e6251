import type { Login } from '@mxodus/model';
import { RISE_EVERY_MS } from '../governor/allowance.ts';
import type { Measure } from '../governor/scope.ts';
import { type FleetRedis, numberAt, textAt } from './fleet-redis.ts';
import { isAway } from './is-away.ts';
import { channelOf, loginHash, maskedWords } from './server-channel.ts';

/**
 * Tells what was done when a server asked for less, and keeps it while it runs. A pause that ends earlier than the one kept is told, not
 * kept. What is kept and told: `<when, by the clock of Redis> <what>`.
 *
 * KEYS: pause, fewer. ARGV: channel, what, ms of the pause or 0, ms until the connections are as many as before or 0
 */
const TELL = `
local time = redis.call('TIME')
local said = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000)) .. ' ' .. ARGV[2]
local pause, fewer = tonumber(ARGV[3]), tonumber(ARGV[4])
if pause > 0 and pause > redis.call('PTTL', KEYS[1]) then redis.call('SET', KEYS[1], said, 'PX', pause) end
if fewer > 0 then redis.call('SET', KEYS[2], said, 'PX', fewer) end
redis.call('PUBLISH', ARGV[1], said)
return {}
`;

/** -> { now, what was said and the ms that are left, for each key } */
const READ = `
local time = redis.call('TIME')
local reply = { time[1] * 1000 + math.floor(time[2] / 1000) }
for _, key in ipairs(KEYS) do
  reply[#reply + 1] = redis.call('GET', key) or ''
  reply[#reply + 1] = redis.call('PTTL', key)
end
return reply
`;

/** For everyone on the server, where a hash of a login would be. */
const ALL = '*';

interface Said {
  /** By the clock of Redis. */
  at: number;
  from: string;
  /** Hash of the login, or ALL. */
  whose: string;
  measure: Measure;
}

/** `<at> <from> <whose> <pause ms> <slower: no, unknown or commands a second> <connections/ms> <words>`; `-`: none. */
const SAID = /^(\d+) (\S+) (\S+) (\d+|-) (no|unknown|[\d.]+) (?:-|(\d+)\/(\d+)) (.*)$/s;

const textOf = (from: string, whose: string, { pauseMs, slower, connections, words }: Measure): string =>
  [
    from,
    whose,
    pauseMs === null ? '-' : Math.ceil(pauseMs),
    slower === null ? 'no' : (slower.perSecond?.toFixed(3) ?? 'unknown'),
    connections === null ? '-' : `${connections.left}/${Math.ceil(connections.forMs)}`,
    words,
  ].join(' ');

function parse(text: string): Said | null {
  const [, at, from, whose, pause, slower, left, forMs, words] = SAID.exec(text) ?? [];
  if (from === undefined || whose === undefined || words === undefined) return null;
  return {
    at: Number(at),
    from,
    whose,
    measure: {
      pauseMs: pause === '-' ? null : Number(pause),
      slower: slower === 'no' ? null : { perSecond: slower === 'unknown' ? null : Number(slower) },
      connections: left === undefined ? null : { left: Number(left), forMs: Number(forMs) },
      words,
    },
  };
}

interface HintOptions {
  fleet: FleetRedis;
  serverKey: string;
  /** Names this governor; others have other names. */
  me: string;
  /** Called when another one was asked for less. `login` null: everyone on the server. */
  hear: (login: Login | null, measure: Measure) => void;
}

/**
 * What one server asked for, told to all workers of the fleet and heard from them. A login is looked up when it is first seen here, and
 * again after messages may have been missed.
 */
export class ServerHints {
  readonly #options: HintOptions;
  readonly #stop: readonly (() => void)[];
  /** Those seen here. */
  readonly #hashes = new Map<string, string>();
  readonly #logins = new Map<string, Login>();
  /** By hash or ALL: being looked up, or null when it was. */
  readonly #looked = new Map<string, Promise<void> | null>();
  /** By hash or ALL, and kind: when that was said which was heard last. */
  readonly #heardAt = new Map<string, number>();
  /** Could not be told. */
  #untold: { whose: string; measure: Measure; since: number }[] = [];

  constructor(options: HintOptions) {
    this.#options = options;
    const { fleet, serverKey } = options;
    const lookAgain = (): void => {
      this.#looked.clear();
      this.#tellLate();
      void this.#look(ALL);
    };
    const hear = (message: string): void => {
      const said = parse(message);
      if (said !== null) this.#hear(said);
    };
    this.#stop = [fleet.listen(channelOf(fleet, serverKey), hear, lookAgain), fleet.onReady(lookAgain)];
  }

  /** Settles when all is known that was said so far; null: it is. Never rejects: a Redis that is away is looked at when it is back. */
  known(login: Login): Promise<void> | null {
    let hash = this.#hashes.get(login.user);
    if (hash === undefined) {
      hash = loginHash(this.#options.serverKey, login);
      this.#hashes.set(login.user, hash);
      this.#logins.set(hash, login);
    }
    const waits = [this.#look(ALL), this.#look(hash)].filter((wait) => wait !== null);
    return waits.length === 0 ? null : Promise.all(waits).then(() => undefined);
  }

  /** @param login null: everyone on the server */
  tell(login: Login | null, measure: Measure, user: string): void {
    const whose = login === null ? ALL : loginHash(this.#options.serverKey, login);
    void this.#tell(whose, { ...measure, words: maskedWords(measure.words, user) });
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }

  async #tell(whose: string, measure: Measure): Promise<void> {
    const { fleet, serverKey, me } = this.#options;
    const args = [
      channelOf(fleet, serverKey),
      textOf(me, whose, measure),
      Math.ceil(measure.pauseMs ?? 0),
      Math.ceil(measure.connections?.forMs ?? 0),
    ];
    try {
      await fleet.run(TELL, this.#keys(whose), args);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#untold.push({ whose, measure, since: performance.now() });
    }
  }

  /** What is still running of that which could not be told. */
  #tellLate(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const { whose, measure, since } of untold) {
      const passed = performance.now() - since;
      const { pauseMs, connections } = measure;
      const pauseLeft = pauseMs === null || pauseMs <= passed ? null : pauseMs - passed;
      const fewerLeft = connections === null || connections.forMs <= passed ? null : connections;
      if (pauseLeft === null && fewerLeft === null) continue;
      void this.#tell(whose, { ...measure, pauseMs: pauseLeft, connections: fewerLeft });
    }
  }

  #look(whose: string): Promise<void> | null {
    const known = this.#looked.get(whose);
    if (known !== undefined) return known;
    const looking = this.#read(whose)
      .catch((error: unknown) => {
        if (!isAway(error)) throw error;
      })
      .finally(() => {
        if (this.#looked.get(whose) === looking) this.#looked.set(whose, null);
      });
    this.#looked.set(whose, looking);
    return looking;
  }

  async #read(whose: string): Promise<void> {
    const reply = await this.#options.fleet.run(READ, this.#keys(whose), []);
    const now = numberAt(reply, 0);
    const pause = parse(textAt(reply, 1) ?? '');
    if (pause !== null) {
      this.#hear({ ...pause, measure: { ...pause.measure, pauseMs: numberAt(reply, 2), connections: null } });
    }
    const fewer = parse(textAt(reply, 3) ?? '');
    if (fewer?.measure.connections == null) return;
    const left = fewer.measure.connections.left + Math.floor((now - fewer.at) / RISE_EVERY_MS);
    const connections = { left, forMs: numberAt(reply, 4) };
    this.#hear({ ...fewer, measure: { ...fewer.measure, pauseMs: null, slower: null, connections } });
  }

  /** What was heard before, or is one's own, is not heard again. */
  #hear({ at, from, whose, measure }: Said): void {
    const login = whose === ALL ? null : this.#logins.get(whose);
    if (from === this.#options.me || login === undefined) return;
    const isNews = (kind: string): boolean => {
      const isNew = at > (this.#heardAt.get(`${whose} ${kind}`) ?? 0);
      if (isNew) this.#heardAt.set(`${whose} ${kind}`, at);
      return isNew;
    };
    const pauses = measure.pauseMs !== null && isNews('pause');
    const takes = measure.connections !== null && isNews('fewer');
    if (!pauses && !takes) return;
    const { pauseMs, slower, connections, words } = measure;
    this.#options.hear(login, {
      pauseMs: pauses ? pauseMs : null,
      slower: pauses ? slower : null,
      connections: takes ? connections : null,
      words,
    });
  }

  #keys(whose: string): string[] {
    const { fleet, serverKey } = this.#options;
    return ['pause', 'fewer'].map((kind) => fleet.key('governor', kind, serverKey, whose));
  }
}
