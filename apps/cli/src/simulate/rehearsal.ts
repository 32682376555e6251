import { setTimeout as pause } from 'node:timers/promises';
import { updateZone } from '@mxodus/lab';
import { type CutoverState, EXIT, type JournalEntry } from '@mxodus/model';
import type { Session } from '../commands/session.ts';
import { timelineEntry, timelineText } from '../views/simulate.ts';
import { type FaultActions, type FaultName, playFaults } from './faults.ts';
import { readLine } from './read-line.ts';
import { type Child, runChild } from './run-child.ts';
import { SIM_TTL } from './sim-zones.ts';
import type { Stage } from './stage.ts';
import type { Strangers } from './strangers.ts';
import type { SimWorld } from './world-of.ts';

export interface RehearsalOptions {
  session: Session;
  world: SimWorld;
  stage: Stage;
  strangers: Strangers;
  faults: readonly FaultName[];
  /** Where the config and the plan of the simulation are. */
  folder: string;
  plan: string;
}

export interface RehearsalEnd {
  state: CutoverState;
  /** RFC 3339; null: there was no switch. */
  switchedAt: string | null;
  /** Why the run did not come to its end. */
  stopped: string | null;
}

const PRINTER_MS = 4000;
const ROLLBACK_MS = 2000;
/** A run that takes longer hangs. */
const LONGEST_MS = 240_000;

/** One `cutover run --execute` under mail and faults, as often as it is killed, to its end. */
export class Rehearsal {
  readonly #options: RehearsalOptions;
  readonly #started = performance.now();
  readonly #playing = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #run: Child | null = null;
  #state: CutoverState = 'DRAFT';
  #entries = 0;
  #switchedAt: string | null = null;
  #error: string | null = null;
  #closed: string | null = null;
  #gaveUp: string | null = null;
  #told = '';

  constructor(options: RehearsalOptions) {
    this.#options = options;
  }

  async toItsEnd(): Promise<RehearsalEnd> {
    const over = new AbortController();
    const late = pause(LONGEST_MS, undefined, { signal: over.signal }).then(
      () => this.#giveUp(`it was not over after ${LONGEST_MS / 1000} s`),
      () => undefined,
    );
    let code = await this.#runOnce();
    while (code === null && this.#gaveUp === null && !this.#options.session.signal.aborted)
      code = await this.#runOnce();
    over.abort();
    await late;
    await Promise.all(this.#playing);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'a fault could not be played');
    const stopped =
      code === EXIT.done ? null : (this.#gaveUp ?? this.#error ?? this.#closed ?? `the run ended with ${code}`);
    return { state: this.#state, switchedAt: this.#switchedAt, stopped };
  }

  async #runOnce(): Promise<number | null> {
    const run = this.#mxodus(['cutover', 'run', this.#options.plan, '--execute'], (line) => this.#hear(line));
    this.#run = run;
    return run.ended;
  }

  #mxodus(args: readonly string[], onLine?: (line: unknown) => void): Child {
    const { folder, stage, session } = this.#options;
    return runChild({
      ...{ args, cwd: folder, env: stage.secrets, signal: session.signal },
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  #hear(line: unknown): void {
    const heard = readLine(line);
    switch (heard?.kind) {
      case 'entry':
        this.#onEntry(heard.entry);
        return;
      case 'waiting':
        this.#tell(heard.state, heard.text);
        return;
      case 'closed':
        this.#closed = heard.text;
        return;
      case 'error':
        this.#error = heard.text;
        return;
      case 'state':
        this.#state = heard.state;
        return;
      case undefined:
        return;
    }
  }

  #onEntry(entry: JournalEntry): void {
    const { strangers, session } = this.#options;
    const { state, event } = entry;
    const entered = state !== this.#state;
    this.#state = state;
    this.#entries += 1;
    session.output.line({ type: 'cutover_entry', ...entry });
    const text = timelineEntry(entry);
    if (text !== null) this.#tell(state, text);
    if (entered && state === 'PROPAGATING') {
      this.#switchedAt ??= entry.time;
      strangers.welcome();
      this.#play(async () => {
        await this.#pause(PRINTER_MS);
        await strangers.printerIsFixed();
      });
    }
    const moment = { entries: this.#entries, event, state, entered };
    this.#play(() => playFaults(this.#options.faults, moment, this.#actions()));
  }

  #actions(): FaultActions {
    const { stage } = this.#options;
    const fresh = stage.sinks.filter(({ host }) => host.new.length > 0).map(({ sink }) => sink);
    return {
      say: (text) => this.#tell(this.#state, `* ${text}`),
      pause: (ms) => this.#pause(ms),
      kill: () => this.#run?.kill('SIGKILL'),
      giveUp: (why) => this.#giveUp(why),
      secondary: stage.dns.secondary,
      newHosts: {
        stop: async () => void (await Promise.all(fresh.map((sink) => sink.stop()))),
        start: async () => void (await Promise.all(fresh.map((sink) => sink.start()))),
      },
      editMx: () => this.#editMx(),
      rollBack: () => this.#rollBack(),
    };
  }

  /** Somebody with the same rights changes a preference: mail still finds its way. */
  async #editMx(): Promise<void> {
    const { world, stage } = this.#options;
    const edited = world.domains.find(({ before }) => before.length > 0);
    if (edited === undefined) return;
    const name = edited.domain;
    await updateZone(stage.dns.primary, stage.dns.tsig, {
      zone: edited.zone,
      remove: [{ name, type: 'MX' }],
      add: edited.before.map(({ host, preference }) => ({
        ...{ name, type: 'MX' as const, ttl: SIM_TTL, data: `${preference + 1} ${host}` },
      })),
    });
  }

  async #rollBack(): Promise<void> {
    const { strangers, world, plan } = this.#options;
    await this.#pause(ROLLBACK_MS);
    // Addresses that are about to end take no more mail.
    await strangers.farewell();
    const named = world.domains.flatMap(({ domain }) => ['--domain', domain]);
    const args = ['cutover', 'rollback', plan, '--execute', '--why', 'a rehearsal', ...named];
    const code = await this.#mxodus(args, (line) => {
      const heard = readLine(line);
      if (heard?.kind === 'error') this.#error = heard.text;
    }).ended;
    if (code !== EXIT.done) this.#giveUp(`cutover rollback ended with ${code}: ${this.#error ?? ''}`);
  }

  #giveUp(why: string): void {
    this.#gaveUp ??= why;
    this.#run?.kill('SIGTERM');
  }

  /** At once when the simulation is stopped. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options.session;
    await pause(ms, undefined, { signal }).catch(() => undefined);
  }

  #play(work: () => Promise<void>): void {
    const playing = work()
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#playing.delete(playing));
    this.#playing.add(playing);
  }

  #tell(state: CutoverState, text: string): void {
    if (this.#told === `${state} ${text}`) return;
    this.#told = `${state} ${text}`;
    const { output } = this.#options.session;
    output.print(timelineText(performance.now() - this.#started, { state, text }, output.style));
  }
}
