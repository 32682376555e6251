import type { EventOf, MxodusEvent } from '@mxodus/model';
import type { EventView } from '../output/event-view.ts';
import { count, howLong, timestamp } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { Waits, waitLogText } from './waits.ts';

export interface StepProgressOptions {
  /** As in log lines: "plan". */
  verb: string;
  /** How many steps there are. */
  steps: number;
  /** What is done by now, for the live line: "3 of 40 mailboxes audited". */
  text: (done: number, steps: number) => string;
  /** A step that ended, in words; null: the event is something else. `step: false` is said but not counted. */
  describe: (event: MxodusEvent) => { text: string; step: boolean } | null;
  style: Style;
  log: boolean;
}

/** Progress of commands that go through a list: a line for each step, and on a terminal how far it is and who waits. */
export class StepProgress implements EventView<MxodusEvent> {
  readonly #options: StepProgressOptions;
  readonly #waits = new Waits();
  #done = 0;
  #startedAt: number | null = null;

  constructor(options: StepProgressOptions) {
    this.#options = options;
  }

  on(event: MxodusEvent, at: Date): string[] {
    this.#startedAt ??= at.getTime();
    if (event.type === 'waiting') return this.#wait(event, at);
    const described = this.#options.describe(event);
    if (described === null) return [];
    if (described.step) this.#done += 1;
    const { log, verb } = this.#options;
    return [log ? `${timestamp(at)} ${verb} ${described.text}` : `  ${described.text}`];
  }

  block(at: Date, width: number): string[] {
    this.#startedAt ??= at.getTime();
    const { text, steps, style } = this.#options;
    const line = style.dim(`  ${text(this.#done, steps)}, ${howLong(at.getTime() - this.#startedAt)}`);
    return [...this.#waits.lines(at, width, style), line];
  }

  due(): string[] {
    return [];
  }

  #wait(event: EventOf<'waiting'>, at: Date): string[] {
    this.#waits.on(event);
    const text = waitLogText(event);
    // A terminal has it in its live block.
    return text === null || !this.#options.log ? [] : [`${timestamp(at)} ${this.#options.verb} ${text}`];
  }
}

export const ofSteps =
  (noun: string, participle: string) =>
  (done: number, steps: number): string =>
    `${count(done)} of ${count(steps)} ${noun} ${participle}`;
