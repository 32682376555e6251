import type { CutoverEvent, MxodusEvent } from '@mxodus/model';
import type { EventView } from '../output/event-view.ts';
import { counted, timestamp } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { gateLines } from './cutover-gates.ts';
import { journalText } from './journal-text.ts';
import { toPaste } from './next-step.ts';
import { placeText } from './states-row.ts';
import { type Clock, untilText } from './until-text.ts';
import { Waits, waitLogText } from './waits.ts';

export interface CutoverProgressOptions extends Clock {
  style: Style;
  log: boolean;
  /** Plan and config as the user named them. */
  words: readonly string[];
}

/** What a cutover does: a line for each entry of its journal and each wait; on a terminal the wait stays in sight. */
export class CutoverProgress implements EventView<CutoverEvent | MxodusEvent> {
  readonly #options: CutoverProgressOptions;
  readonly #resolvers = new Map<string, string>();
  /** Of mailboxes, in a pass. */
  readonly #waits = new Waits();
  #waiting: Extract<CutoverEvent, { type: 'cutover_waiting' }> | null = null;
  #hold: { by: string; why: string } | null = null;
  /** Test mails by id, and whether each was seen. */
  readonly #canaries = new Map<string, boolean>();

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
      `${style.bold(waiting.state)} (${placeText(waiting.state)})  waiting for ${waiting.waiting_for}`,
      ...(this.#hold === null ? [] : [style.warn(`  HELD      by ${this.#hold.by}: ${this.#hold.why}`)]),
      ...(waiting.until === null ? [] : [`  until     ${untilText(waiting.until, this.#options)}`]),
      `  release   ${toPaste(waiting.release, this.#options.words)}`,
      style.dim(`  rollback  ${waiting.rollback_cost}`),
      ...this.#canaryLine(),
    ];
  }

  due(): string[] {
    return [];
  }

  #linesOf(event: CutoverEvent | MxodusEvent): string[] {
    const { style } = this.#options;
    switch (event.type) {
      case 'cutover_entry':
        return this.#entry(event);
      case 'cutover_waiting': {
        this.#waiting = event;
        const until = event.until === null ? '' : `, until ${untilText(event.until, this.#options)}`;
        // A terminal has the wait in its live block.
        return this.#options.log
          ? [
              `${event.state}: waiting for ${event.waiting_for}${until}; release: ${toPaste(event.release, this.#options.words)}`,
            ]
          : [];
      }
      case 'cutover_gates':
        return gateLines(event.gates, style).map((line) => line.slice(2));
      case 'cutover_resolver':
        return this.#resolver(event);
      case 'cutover_notice':
        return [event.text];
      case 'late_mail':
        return [
          `late mail from ${event.sender || 'nobody'} in ${event.mailbox} ${event.folder}: ${event.cause}, ${event.why}`,
        ];
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

  #entry(entry: Extract<CutoverEvent, { type: 'cutover_entry' }>): string[] {
    this.#note(entry);
    // The wait that follows `timed` says the same, and an empty pass every minute says nothing; nor does a test mail that does as it should.
    const isDull =
      entry.event === 'timed' ||
      entry.event === 'canary_sent' ||
      entry.event === 'canary_taken' ||
      (entry.event === 'canary_seen' && entry.facts.at === 'new') ||
      (entry.event === 'passed' && entry.facts.mode === 'drain' && isQuiet(entry.facts));
    if (!isDull && entry.event !== 'passed') this.#waiting = null;
    return isDull ? [] : [journalText(entry)];
  }

  #note(entry: Extract<CutoverEvent, { type: 'cutover_entry' }>): void {
    if (entry.event === 'held') this.#hold = entry.facts;
    if (entry.event === 'released' || entry.event === 'rolling_back') this.#hold = null;
    if (entry.event === 'canary_sent') this.#canaries.set(entry.facts.id, false);
    if (entry.event === 'canary_seen') this.#canaries.set(entry.facts.id, true);
  }

  /** Of this run. */
  #canaryLine(): string[] {
    const { size } = this.#canaries;
    if (size === 0) return [];
    const seen = [...this.#canaries.values()].filter(Boolean).length;
    return [`  test mail ${counted(size, 'mail')} sent, ${size - seen} not found yet`];
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
