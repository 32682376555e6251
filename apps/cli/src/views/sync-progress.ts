import { type Buckets, type EventOf, EXIT, type MxodusEvent, type Wait } from '@mxodus/model';
import { cut, cutMiddle, padTo, shownWidth, wrap } from '../output/columns.ts';
import type { EventView } from '../output/event-view.ts';
import { causeOf, count, counted, percent, size, timestamp, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { logInterval } from './log-interval.ts';
import { Rate } from './rate.ts';
import { waitText } from './wait-text.ts';

interface Active {
  mailbox: string;
  /** null: it has not looked yet. */
  sourceMessages: number | null;
  done: number;
  bytes: number;
  notMoved: number;
  /** In a fleet the worker that has it: which folder it is in is not heard of. */
  folder: string;
  waiting: Wait | null;
  /** null: not since a long wait began. */
  progressedAt: number | null;
  /** The wait that was logged last. */
  waitLogged: { cause: string; at: number } | null;
  rate: Rate;
  loggedAt: number;
}

/**
 * A part of a mailbox may wait while another goes on, and a limit in bytes a second makes it wait a little all the time: a wait is
 * shown when nothing else was heard of the mailbox for so long, or at once when it is a long one.
 */
const STILL_MS = 3000;
const LONG_MS = 10_000;
/** Lines of the live block for one mailbox that waits. */
const WAIT_LINES = 3;
/** What the figures of a mailbox take, with a bit of the folder's name. */
const FIGURES_WIDTH = 78;

/** What a pass looks like while it runs: one line a mailbox in flight, and one for all. */
export class SyncProgress implements EventView<MxodusEvent> {
  readonly #mailboxes: number;
  readonly #style: Style;
  readonly #log: boolean;
  readonly #inFleet: boolean;
  readonly #active = new Map<string, Active>();
  #done = 0;
  #withTrouble = 0;
  #startedAt: number | null = null;
  /** When it was said that nothing is under way. */
  #saidAt: number | null = null;

  /**
   * @param options.log lines for a log file instead of for a terminal
   * @param options.inFleet others do the work: a Ctrl-C only leaves it
   */
  constructor(options: { mailboxes: number; style: Style; log: boolean; inFleet?: boolean }) {
    this.#mailboxes = options.mailboxes;
    this.#style = options.style;
    this.#log = options.log;
    this.#inFleet = options.inFleet ?? false;
  }

  on(event: MxodusEvent, at: Date): string[] {
    this.#startedAt ??= at.getTime();
    switch (event.type) {
      case 'mailbox_started':
        return this.#start(event, at);
      case 'mailbox_finished':
        return this.#finish(event, at);
      case 'progress':
        this.#progress(event, at);
        return [];
      case 'waiting':
        return this.#wait(event, at);
      case 'folder_finished': {
        const active = this.#active.get(event.mailbox);
        if (active !== undefined) active.notMoved += notMovedOf(event.buckets);
        return [];
      }
      default:
        return [];
    }
  }

  /** A mailbox that had ended when it was begun to look. */
  endedBefore({ exit_code: exitCode }: EventOf<'mailbox_finished'>): void {
    this.#done += 1;
    if (exitCode !== EXIT.done) this.#withTrouble += 1;
  }

  block(at: Date, width: number): string[] {
    if (this.#startedAt === null && !this.#inFleet) return [];
    const room = Math.max(16, Math.min(40, width - FIGURES_WIDTH));
    const names = [...this.#active.values()].map(({ mailbox }) => [...mailbox].length);
    const nameWidth = Math.min(room, Math.max(0, ...names));
    const lines = [...this.#active.values()].flatMap((active) => {
      const name = padTo(cutMiddle(active.mailbox, nameWidth), nameWidth);
      const wait = waitOf(active, at);
      return wait === null
        ? [`  ${name}  ${this.#figures(active, at, width)}`]
        : this.#waitLines(wait, at, { name, width });
    });
    return [...lines, this.#totalLine(width)];
  }

  due(at: Date): string[] {
    if (this.#inFleet && this.#active.size === 0) return this.#idle(at);
    const interval = logInterval(at.getTime() - (this.#startedAt ?? at.getTime()));
    return [...this.#active.values()]
      .filter(({ loggedAt }) => at.getTime() - loggedAt >= interval)
      .map((active) => this.#logLine(active, at));
  }

  /** Nothing is heard of a run that waits for its workers: that it is followed is said all the same. */
  #idle(at: Date): string[] {
    this.#startedAt ??= at.getTime();
    this.#saidAt ??= at.getTime();
    if (at.getTime() - this.#saidAt < logInterval(at.getTime() - this.#startedAt)) return [];
    this.#saidAt = at.getTime();
    return [`${timestamp(at)} sync state=queued done=${this.#done} queued=${this.#mailboxes - this.#done}`];
  }

  #start(event: EventOf<'mailbox_started'>, at: Date): string[] {
    const { mailbox, source_messages: sourceMessages, known, in_doubt: inDoubt } = event;
    this.#active.set(mailbox, { ...newlyActive(mailbox, at), sourceMessages });
    if (this.#log) {
      const doubt = inDoubt > 0 ? ` in_doubt=${inDoubt}` : '';
      const only = event.append_only ? ' append_only=true' : '';
      return [`${timestamp(at)} sync ${mailbox} 0/${sourceMessages} state=started known=${known}${doubt}${only}`];
    }
    if (inDoubt === 0 && (known === 0 || known >= sourceMessages)) return [];
    const doubt = inDoubt > 0 ? `, ${count(inDoubt)} in doubt (looking for those first)` : '';
    return [`Resuming ${mailbox}: ${count(known)} of ${count(sourceMessages)} done before${doubt}.`];
  }

  #progress(event: EventOf<'progress'>, at: Date): void {
    const active = this.#active.get(event.mailbox);
    if (active === undefined) return;
    active.done = event.done;
    active.sourceMessages = event.source_messages;
    active.bytes = event.bytes;
    active.folder = event.worker === undefined ? event.folder : `on ${event.worker}`;
    active.progressedAt = at.getTime();
    active.rate.add(event.done, at);
  }

  /** Before it has begun it may wait for a connection. */
  #wait({ mailbox, why, until, over }: EventOf<'waiting'>, at: Date): string[] {
    const active = this.#active.get(mailbox) ?? newlyActive(mailbox, at);
    active.waiting = over ? null : { why, until };
    if (until === null || Date.parse(until) - at.getTime() >= LONG_MS) active.progressedAt = null;
    if (over && active.sourceMessages === null) this.#active.delete(mailbox);
    else this.#active.set(mailbox, active);
    if (over || !this.#log) return [];
    // A server that asks for a slow pace makes everything wait a little, again and again: that is said once in a while.
    const [cause, logged] = [causeOf(why), active.waitLogged];
    const interval = logInterval(at.getTime() - (this.#startedAt ?? at.getTime()));
    if (logged !== null && logged.cause === cause && at.getTime() - logged.at < interval) return [];
    return [this.#logLine(active, at)];
  }

  #finish(event: EventOf<'mailbox_finished'>, at: Date): string[] {
    const { mailbox, buckets, source_messages: total, exit_code: exitCode } = event;
    this.#active.delete(mailbox);
    this.#done += 1;
    if (exitCode !== EXIT.done) this.#withTrouble += 1;
    const notMoved = notMovedOf(buckets);
    if (this.#log) {
      const { moved_now: now, cannot, failed, in_doubt: doubt } = buckets;
      return [
        `${timestamp(at)} sync ${mailbox} ${total - notMoved}/${total} ${percent(total - notMoved, total)}` +
          ` state=${stateOf(exitCode)} moved_now=${now} cannot=${cannot} failed=${failed} in_doubt=${doubt}`,
      ];
    }
    if (exitCode === EXIT.done && buckets.moved_now === 0 && event.flags_changed === 0) return [];
    const moved = `${count(buckets.moved_now)} moved now (${size(event.bytes)})`;
    const rest = exitCode === EXIT.interrupted ? 'still to come' : 'not moved';
    const left = notMoved === 0 ? '' : `, ${this.#style.warn(`${count(notMoved)} ${rest}`)}`;
    const mark = exitCode === EXIT.done ? this.#style.good('done') : this.#style.warn(stateOf(exitCode));
    return [`  ${mark}  ${mailbox}  ${counted(total, 'message')}, ${moved}${left}`];
  }

  #figures({ done, sourceMessages, folder, rate, bytes }: Active, at: Date, width: number): string {
    if (sourceMessages === null) return 'signing in';
    if (folder === '') return `looking at ${counted(sourceMessages, 'message')}`;
    const perSecond = rate.perSecond(at);
    const speed = perSecond === null ? '' : `${count(Math.round(perSecond))} msg/s`;
    const eta = perSecond === null ? '' : `ETA ${wholeSeconds(((sourceMessages - done) / perSecond) * 1000)}`;
    // In 80 columns there is no room for the folder's name.
    const narrow = width < 100;
    const part = `${count(done)}/${count(sourceMessages)}`;
    const figures = `${padTo(part, narrow ? 13 : 15, 'right')} ${padTo(percent(done, sourceMessages), 4, 'right')}`;
    const flow = `${padTo(size(bytes), 9, 'right')}  ${padTo(speed, 11, 'right')}  ${padTo(eta, 14)}`;
    return narrow ? `${figures}  ${flow}`.trimEnd() : `${figures}  ${flow}  ${this.#style.dim(folder)}`;
  }

  #waitLines(wait: Wait, at: Date, { name, width }: { name: string; width: number }): string[] {
    const room = Math.max(20, width - shownWidth(name) - 5);
    const text = wrap(waitText(wait, at), room);
    const shown = text.slice(0, WAIT_LINES);
    if (text.length > WAIT_LINES) shown[WAIT_LINES - 1] = cut(text.slice(WAIT_LINES - 1).join(' '), room);
    const [first = '', ...rest] = shown;
    const indent = ' '.repeat(shownWidth(name) + 4);
    return [
      `  ${name}  ${first.replace(/^waiting/, this.#style.warn('waiting'))}`,
      ...rest.map((line) => `${indent}${line}`),
    ];
  }

  #totalLine(width: number): string {
    const queued = this.#mailboxes - this.#done - this.#active.size;
    const text =
      `  ${this.#active.size} of ${counted(this.#mailboxes, 'mailbox')} active, ${count(this.#done)} done, ` +
      `${count(queued)} queued, ${count(this.#withTrouble)} with trouble`;
    const hint = this.#inFleet ? 'Ctrl-C leaves it going' : 'Ctrl-C stops safely';
    const room = Math.min(width - 1, 90) - hint.length;
    return shownWidth(text) < room ? `${padTo(text, room)}${this.#style.dim(hint)}` : text;
  }

  #logLine(active: Active, at: Date): string {
    active.loggedAt = at.getTime();
    const { mailbox, done, sourceMessages, notMoved } = active;
    const waiting = waitOf(active, at);
    const part = sourceMessages === null ? '' : ` ${done}/${sourceMessages} ${percent(done, sourceMessages)}`;
    const head = `${timestamp(at)} sync ${mailbox}${part}`;
    if (waiting !== null) {
      active.waitLogged = { cause: causeOf(waiting.why), at: at.getTime() };
      const until = waiting.until === null ? '' : ` until=${timestamp(new Date(waiting.until))}`;
      return `${head} state=waiting${until} reason=${JSON.stringify(waiting.why)}`;
    }
    if (sourceMessages === null) return `${head} state=connecting`;
    const rate = active.rate.perSecond(at);
    const eta = rate === null ? 'unknown' : `${Math.round((sourceMessages - done) / rate)}s`;
    return `${head} state=${active.folder === '' ? 'looking' : 'copying'} eta=${eta} not_moved=${notMoved}`;
  }
}

const newlyActive = (mailbox: string, at: Date): Active => ({
  mailbox,
  sourceMessages: null,
  done: 0,
  bytes: 0,
  notMoved: 0,
  folder: '',
  waiting: null,
  progressedAt: null,
  waitLogged: null,
  rate: new Rate(),
  loggedAt: at.getTime(),
});

const waitOf = ({ waiting, progressedAt }: Active, at: Date): Wait | null =>
  progressedAt === null || at.getTime() - progressedAt >= STILL_MS ? waiting : null;

const notMovedOf = ({ cannot, failed, in_doubt: inDoubt }: Buckets): number => cannot + failed + inDoubt;

function stateOf(exitCode: number): string {
  switch (exitCode) {
    case EXIT.done:
      return 'done';
    case EXIT.interrupted:
      return 'stopped';
    case EXIT.notAllMoved:
      return 'incomplete';
    default:
      return 'failed';
  }
}
