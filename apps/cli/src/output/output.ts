import type { EventOf } from '@mxodus/model';
import { errorEvent, errorText, fromEvent, type Trouble } from './error-text.ts';
import { type AnyEvent, type EventView, noEvents } from './event-view.ts';
import { causeOf, timestamp } from './figures.ts';
import { LiveBlock } from './live-block.ts';
import type { ProgressMode } from './progress-mode.ts';
import { makeStyle, type Style, wantsColour } from './style.ts';
import type { Terminal, TextStream } from './terminal.ts';

export interface OutputOptions {
  terminal: Terminal;
  /** Events and the summary as JSON lines on stdout, nothing else there. */
  json: boolean;
  progress: ProgressMode;
  colour: boolean;
  now: () => Date;
}

const REDRAW_MS = 500;
const LOG_MS = 1000;
const USUAL_WIDTH = 100;
const SAME_CAUSE_SHOWN = 3;

/** The one place that prints: the result on stdout, progress and errors on stderr. */
export class Output {
  readonly json: boolean;
  readonly style: Style;
  readonly #progressStyle: Style;
  readonly #options: OutputOptions;
  readonly #live: LiveBlock;
  readonly #result: LiveBlock;
  readonly #causes = new Map<string, { first: EventOf<'error'>; times: number }>();
  #drawn = '';
  #view: EventView = noEvents;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OutputOptions) {
    const { terminal, colour } = options;
    this.#options = options;
    this.json = options.json;
    this.style = makeStyle(wantsColour(terminal.stdout, terminal.env, colour));
    this.#progressStyle = makeStyle(wantsColour(terminal.stderr, terminal.env, colour));
    this.#live = new LiveBlock(terminal.stderr);
    this.#result = new LiveBlock(terminal.stdout);
  }

  /** Of the result on stdout. */
  get width(): number {
    return widthOf(this.#options.terminal.stdout);
  }

  /** Whether progress is lines of a log rather than a terminal. */
  get isLog(): boolean {
    return this.#options.progress !== 'tty';
  }

  /** Style of what goes to stderr. */
  get progressStyle(): Style {
    return this.#progressStyle;
  }

  /** Shows events through `view` until `end`. */
  begin<E extends AnyEvent>(view: EventView<E>): (event: E) => void {
    this.#view = view as EventView;
    if (this.#options.progress === 'tty') this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    if (this.#options.progress === 'plain') this.#timer = setInterval(() => this.#logDue(), LOG_MS);
    this.#timer?.unref();
    return (event) => this.#show(event);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#live.clear();
    this.#countSameCauses();
    this.#view = noEvents;
  }

  /** A part of the result, for people. */
  print(text: string): void {
    if (this.json) return;
    this.#live.clear();
    this.#options.terminal.stdout.write(`${text}\n`);
  }

  /** The same part of the result again: in place on a terminal, else below and only when it changed. */
  redraw(text: string): void {
    if (this.json || text === this.#drawn) return;
    this.#drawn = text;
    const { stdout } = this.#options.terminal;
    if (stdout.isTTY === true) this.#result.draw(text.split('\n'));
    else stdout.write(`${text}\n`);
  }

  /** A part of the result, for programs. */
  line<E extends AnyEvent>(value: E): void {
    if (!this.json) return;
    const { type, ...fields } = value;
    const time = this.#options.now().toISOString();
    this.#options.terminal.stdout.write(`${JSON.stringify({ v: 1, type, time, ...fields })}\n`);
  }

  /** The last line of a --json stream. No time: it is compared. */
  summary(fields: Readonly<Record<string, unknown>>): void {
    if (!this.json) return;
    this.#options.terminal.stdout.write(`${JSON.stringify({ v: 1, type: 'summary', ...fields })}\n`);
  }

  /** The result itself where it is one document (a schema), in both modes. */
  document(text: string): void {
    this.#options.terminal.stdout.write(text);
  }

  /** Something to know now, whatever the mode. */
  notice(text: string): void {
    this.#live.above(`${text}\n`);
    this.#draw();
  }

  error(trouble: Trouble, log: string | null = null): void {
    if (this.json) this.line(errorEvent(trouble));
    else this.#live.above(errorText(trouble, this.#progressStyle, log));
  }

  /** What is happening, on demand (SIGUSR2). */
  status(): void {
    const now = this.#options.now();
    const lines = this.#view.block(now, widthOf(this.#options.terminal.stderr));
    this.notice(lines.length === 0 ? `${timestamp(now)} working` : lines.join('\n'));
  }

  #show(event: AnyEvent): void {
    const now = this.#options.now();
    this.line(event);
    if (isError(event) && !this.json) this.#showError(event);
    const lines = this.#view.on(event, now);
    switch (this.#options.progress) {
      case 'tty':
        if (lines.length > 0) this.#live.above(`${lines.join('\n')}\n`);
        break;
      case 'plain':
        if (lines.length > 0) this.#options.terminal.stderr.write(`${lines.join('\n')}\n`);
        break;
      case 'quiet':
        break;
    }
  }

  /** Many mailboxes can have one cause: the first three are shown, the others counted at the end. */
  #showError(event: EventOf<'error'>): void {
    const key = causeOf(`${event.code}: ${event.what}`);
    const cause = this.#causes.get(key) ?? { first: event, times: 0 };
    this.#causes.set(key, cause);
    cause.times += 1;
    if (cause.times <= SAME_CAUSE_SHOWN) this.#live.above(errorText(fromEvent(event), this.#progressStyle));
  }

  #countSameCauses(): void {
    for (const { first, times } of this.#causes.values()) {
      if (times <= SAME_CAUSE_SHOWN) continue;
      const more = `and ${times - SAME_CAUSE_SHOWN} more like it, ${first.code}: ${first.what.split('\n')[0]}`;
      this.#options.terminal.stderr.write(`${more}\n`);
    }
    this.#causes.clear();
  }

  #draw(): void {
    if (this.#options.progress !== 'tty') return;
    const { stderr } = this.#options.terminal;
    this.#live.draw(this.#view.block(this.#options.now(), widthOf(stderr)));
  }

  #logDue(): void {
    for (const line of this.#view.due(this.#options.now())) this.#options.terminal.stderr.write(`${line}\n`);
  }
}

const isError = (event: AnyEvent): event is EventOf<'error'> => event.type === 'error';

const widthOf = (stream: TextStream): number => stream.columns ?? USUAL_WIDTH;
