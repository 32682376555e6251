import type { CutoverEvent, MxodusEvent } from '@mxodus/model';
import type { EventView } from '../output/event-view.ts';
import { timestamp } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { type CutoverView, gateLines, untilText } from './cutover.ts';
import { journalText } from './journal-text.ts';
import { Waits, waitLogText } from './waits.ts';

export interface CutoverProgressOptions extends Pick<CutoverView, 'window' | 'now'> {
  style: Style;
  log: boolean;
}

/** What a cutover does: a line for each entry of its journal and each wait; on a terminal the wait stays in sight. */
export class CutoverProgress implements EventView<CutoverEvent | MxodusEvent> {
  readonly #options: CutoverProgressOptions;
  readonly #resolvers = new Map<string, string>();
  /** Of mailboxes, in a pass. */
  readonly #waits = new Waits();
  #waiting: Extract<CutoverEvent, { type: 'cutover_waiting' }> | null = null;

  constructor(options: CutoverProgressOptions) {
    this.#options = options;
  }

  on(event: CutoverEvent | MxodusEvent, at: Date): string[] {
    const lines = this.#linesOf(event);
    if (!this.#options.log) return lines.map((line) => `  ${line}`);
    return lines.map((line) => `${timestamp(at)} cutover ${line.trimStart()}`);
  }

  block(at: Date, width: number): string[] {
    const waiting = this.#waiting;
    const { style } = this.#options;
    const waits = this.#waits.lines(at, width, style);
    if (waiting === null) return waits;
    return [
      ...waits,
      `${style.bold(waiting.state)}  waiting for ${waiting.waiting_for}`,
      ...(waiting.until === null ? [] : [`  until     ${untilText(waiting.until, this.#options)}`]),
      `  release   ${waiting.release}`,
      style.dim(`  rollback  ${waiting.rollback_cost}`),
    ];
  }

  due(): string[] {
    return [];
  }

  #linesOf(event: CutoverEvent | MxodusEvent): string[] {
    const { style } = this.#options;
    switch (event.type) {
      case 'cutover_entry': {
        // The wait that follows `timed` says the same, and an empty pass every minute says nothing.
        const isDull =
          event.event === 'timed' || (event.event === 'passed' && event.facts.mode === 'drain' && isQuiet(event.facts));
        if (!isDull && event.event !== 'passed') this.#waiting = null;
        return isDull ? [] : [journalText(event)];
      }
      case 'cutover_waiting': {
        this.#waiting = event;
        const until = event.until === null ? '' : `, until ${untilText(event.until, this.#options)}`;
        // A terminal has the wait in its live block.
        return this.#options.log
          ? [`${event.state}: waiting for ${event.waiting_for}${until}; release: ${event.release}`]
          : [];
      }
      case 'cutover_gates':
        return gateLines(event.gates, style).map((line) => line.slice(2));
      case 'cutover_resolver':
        return this.#resolver(event);
      case 'cutover_notice':
        return [event.text];
      case 'waiting': {
        this.#waits.on(event);
        const text = waitLogText(event);
        return text === null || !this.#options.log ? [] : [text];
      }
      case 'not_moved':
        return [`${style.warn('not moved')}  ${event.mailbox} ${event.folder} uid ${event.uid}: ${event.why}`];
      default:
        return [];
    }
  }

  #resolver({ resolver, domain, serves, ttl }: Extract<CutoverEvent, { type: 'cutover_resolver' }>): string[] {
    const key = `${resolver} ${domain}`;
    if (this.#resolvers.get(key) === serves) return [];
    this.#resolvers.set(key, serves);
    const left = ttl === null ? '' : `, for ${ttl} s more`;
    return [`resolver ${resolver} serves the ${serves} MX of ${domain}${left}`];
  }
}

const isQuiet = (pass: { moved_now: number; in_doubt: number; complete: boolean; problem: string | null }): boolean =>
  pass.moved_now === 0 && pass.in_doubt === 0 && pass.complete && pass.problem === null;
