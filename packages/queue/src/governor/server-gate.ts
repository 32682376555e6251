import type { Login, ServerBurden, SlowDown, TrafficBook, WaitOptions } from '@mxodus/model';
import { CommandLine } from './command-line.ts';
import { ConnectionLine } from './connection-line.ts';
import type { Counting, HostGate, LoginGate, Moment } from './gate.ts';
import { type Measure, Scope } from './scope.ts';

/** Never sleeps longer: the wall clock may be set, and the end of a wait with it. */
const LONGEST_SLEEP_MS = 30_000;

export interface GateOptions {
  /** Remembers the bytes of a day; null: they are forgotten with the process. */
  book: TrafficBook | null;
  now: () => Moment;
  counting: Counting;
}

/** Everything that goes to one server of the config: the rules are asked when something comes, ends, or its time has come. */
export class ServerGate {
  readonly #host: HostGate;
  readonly #options: GateOptions;
  readonly #logins = new Map<string, LoginGate>();
  readonly #connections: ConnectionLine;
  readonly #commands: CommandLine;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: string, burden: ServerBurden, options: GateOptions) {
    const { connections, bytesPerSecond } = burden;
    const { now, counting } = options;
    this.#host = {
      server,
      burden,
      now,
      scope: new Scope({ server, user: null }, connections),
      rate: bytesPerSecond === null ? null : counting.rate(server, bytesPerSecond, () => this.#look()),
    };
    this.#options = options;
    this.#connections = new ConnectionLine(this.#host, () => this.#look());
    this.#commands = new CommandLine(this.#host, () => this.#look());
  }

  connection(login: Login, wait: WaitOptions): Promise<() => void> {
    if (wait.signal.aborted) return Promise.reject(wait.signal.reason);
    return this.#connections.enter(this.#login(login), wait);
  }

  admit(login: Login, bytes: number, wait: WaitOptions): Promise<void> {
    return this.#commands.enter({ kind: 'command', gate: this.#login(login), bytes }, wait);
  }

  crossed(login: Login, bytes: number): void {
    const { at, wall } = this.#host.now();
    this.#host.rate?.take(at, bytes);
    this.#login(login).budget?.take(wall, bytes);
  }

  caughtUp(login: Login, wait: WaitOptions): Promise<void> {
    return this.#commands.enter({ kind: 'paying', gate: this.#login(login), bytes: 0 }, wait);
  }

  /** Returns what was done. */
  slowDown(login: Login, hint: SlowDown): Measure {
    const { scope } = hint.scope === 'host' ? this.#host : this.#login(login);
    const measure = scope.slowDown(this.#host.now().at, hint);
    this.#look();
    return measure;
  }

  /**
   * Another process was asked for less.
   * @param login null: everyone on this server
   */
  hear(login: Login | null, measure: Measure): void {
    const { scope } = login === null ? this.#host : this.#login(login);
    scope.hear(this.#host.now().at, measure);
    this.#look();
  }

  wentWell(login: Login): void {
    const at = this.#host.now().at;
    this.#login(login).scope.wentWell(at);
    this.#host.scope.wentWell(at);
  }

  /** What the login has, and what it could have besides. */
  allowance(login: Login): number {
    const at = this.#host.now().at;
    const { scope } = this.#login(login);
    const { scope: host } = this.#host;
    const free = Math.max(0, host.connections(at) - host.inUse);
    return Math.max(1, Math.min(scope.connections(at), scope.inUse + free));
  }

  /** Nobody waits any more, and what crossed is booked. */
  async close(error: unknown): Promise<void> {
    clearTimeout(this.#timer);
    this.#connections.end(error);
    this.#commands.end(error);
    await Promise.all([...this.#logins.values()].map(({ budget }) => budget?.flush()));
  }

  #login(login: Login): LoginGate {
    const known = this.#logins.get(login.user);
    if (known !== undefined) return known;
    const { server, burden } = this.#host;
    const { book, counting } = this.#options;
    const own = { server, user: login.user };
    const onKnown = (): void => this.#look();
    const gate: LoginGate = {
      login: own,
      scope: new Scope(own, burden.connectionsPerMailbox),
      budget: burden.bytesPerDay === null ? null : counting.budget(burden.bytesPerDay, { login: own, book, onKnown }),
    };
    this.#logins.set(login.user, gate);
    return gate;
  }

  #look(): void {
    clearTimeout(this.#timer);
    const again = Math.min(this.#connections.look(), this.#commands.look());
    if (again === Number.POSITIVE_INFINITY) return;
    const sleep = Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.ceil(again - this.#host.now().at)));
    this.#timer = setTimeout(() => this.#look(), sleep);
  }
}
