import { type Buckets, type EventOf, EXIT, type MxodusEvent } from '@mxodus/model';
import { cutMiddle, padTo } from '../output/columns.ts';
import type { EventView } from '../output/event-view.ts';
import { count, counted, percent, size, timestamp, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { logInterval } from './log-interval.ts';
import { Rate } from './rate.ts';

interface Active {
  mailbox: string;
  sourceMessages: number;
  done: number;
  bytes: number;
  notMoved: number;
  folder: string;
  waiting: { why: string; until: Date | null } | null;
  rate: Rate;
  loggedAt: number;
}

/** What a pass looks like while it runs: one line a mailbox in flight, and one for all. */
export class SyncProgress implements EventView<MxodusEvent> {
  readonly #mailboxes: number;
  readonly #style: Style;
  readonly #log: boolean;
  readonly #active = new Map<string, Active>();
  #done = 0;
  #withTrouble = 0;
  #startedAt: number | null = null;

  /** @param options.log lines for a log file instead of for a terminal */
  constructor(options: { mailboxes: number; style: Style; log: boolean }) {
    this.#mailboxes = options.mailboxes;
    this.#style = options.style;
    this.#log = options.log;
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
      case 'waiting': {
        const active = this.#active.get(event.mailbox);
        if (active === undefined) return [];
        active.waiting = { why: event.why, until: event.until === null ? null : new Date(event.until) };
        return this.#log ? [this.#logLine(active, at)] : [];
      }
      case 'folder_finished': {
        const active = this.#active.get(event.mailbox);
        if (active !== undefined) active.notMoved += notMovedOf(event.buckets);
        return [];
      }
      default:
        return [];
    }
  }

  block(at: Date, width: number): string[] {
    if (this.#startedAt === null) return [];
    const room = Math.max(16, Math.min(40, Math.floor(width / 3)));
    const names = [...this.#active.values()].map(({ mailbox }) => [...mailbox].length);
    const nameWidth = Math.min(room, Math.max(0, ...names));
    const lines = [...this.#active.values()].map((active) => this.#blockLine(active, at, nameWidth));
    return [...lines, this.#totalLine(width)];
  }

  due(at: Date): string[] {
    const interval = logInterval(at.getTime() - (this.#startedAt ?? at.getTime()));
    return [...this.#active.values()]
      .filter(({ loggedAt }) => at.getTime() - loggedAt >= interval)
      .map((active) => this.#logLine(active, at));
  }

  #start(event: EventOf<'mailbox_started'>, at: Date): string[] {
    const { mailbox, source_messages: sourceMessages, known, in_doubt: inDoubt } = event;
    const active: Active = {
      mailbox,
      sourceMessages,
      done: 0,
      bytes: 0,
      notMoved: 0,
      folder: '',
      waiting: null,
      rate: new Rate(),
      loggedAt: at.getTime(),
    };
    this.#active.set(mailbox, active);
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
    active.folder = event.folder;
    active.waiting = null;
    active.rate.add(event.done, at);
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

  #blockLine(active: Active, at: Date, nameWidth: number): string {
    const name = padTo(cutMiddle(active.mailbox, nameWidth), nameWidth);
    const { waiting, done, sourceMessages, folder } = active;
    if (waiting !== null) {
      const left = waiting.until === null ? '' : ` ${wholeSeconds(waiting.until.getTime() - at.getTime())}`;
      return `  ${name}  ${this.#style.warn(`waiting${left}`)}: ${waiting.why}`;
    }
    if (folder === '') return `  ${name}  looking at ${counted(sourceMessages, 'message')}`;
    const rate = active.rate.perSecond(at);
    const speed = rate === null ? '' : `${count(Math.round(rate))} msg/s`;
    const eta = rate === null ? '' : `ETA ${wholeSeconds(((sourceMessages - done) / rate) * 1000)}`;
    const part = `${count(done)}/${count(sourceMessages)}`;
    const figures = `${padTo(part, 15, 'right')} ${padTo(percent(done, sourceMessages), 4, 'right')}`;
    const flow = `${padTo(size(active.bytes), 9, 'right')}  ${padTo(speed, 11, 'right')}  ${padTo(eta, 14)}`;
    return `  ${name}  ${figures}  ${flow}  ${this.#style.dim(folder)}`;
  }

  #totalLine(width: number): string {
    const queued = this.#mailboxes - this.#done - this.#active.size;
    const text =
      `  ${this.#active.size} of ${counted(this.#mailboxes, 'mailbox')} active, ${count(this.#done)} done, ` +
      `${count(queued)} queued, ${count(this.#withTrouble)} with trouble`;
    const hint = 'Ctrl-C stops safely';
    return `${padTo(text, Math.min(width - 1, 90) - hint.length)}${this.#style.dim(hint)}`;
  }

  #logLine(active: Active, at: Date): string {
    active.loggedAt = at.getTime();
    const { mailbox, done, sourceMessages, waiting, notMoved } = active;
    const head = `${timestamp(at)} sync ${mailbox} ${done}/${sourceMessages} ${percent(done, sourceMessages)}`;
    if (waiting !== null) {
      const until = waiting.until === null ? '' : ` until=${timestamp(waiting.until)}`;
      return `${head} state=waiting${until} reason=${JSON.stringify(waiting.why)}`;
    }
    const rate = active.rate.perSecond(at);
    const eta = rate === null ? 'unknown' : `${Math.round((sourceMessages - done) / rate)}s`;
    return `${head} state=${active.folder === '' ? 'looking' : 'copying'} eta=${eta} not_moved=${notMoved}`;
  }
}

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
