import { CommandMeter } from './command-meter.ts';

/** The first pause when the server names no time; each further one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Commands that have to go well after a pause before the next one without a time is a first one again. */
const CALM_AFTER = 10;
/** Commands a second: never slower. */
const SLOWEST = 0.2;
/** What a second of going well adds to the pace, as a part of the pace at the complaint. */
const STEP = 0.01;

/** A complaint, and what was made of it. */
export interface Complaint {
  /** What is left of the pause. */
  pauseMs: number;
  /** Commands a second when the server complained; null: none were seen. */
  perSecond: number | null;
}

/** What holds a command back: a pause the server asked for, or the pace after one. `until` is a time of the clock. */
export interface Hold {
  kind: 'pause' | 'pace';
  until: number;
  /** What the server said. */
  words: string;
}

/**
 * How fast commands may follow each other, for one login or one server. Times are milliseconds of one clock that never goes back.
 *
 *   state    when                                            commands                    next
 *   free     no complaint yet, or the pace has recovered     at once                     paused
 *   paused   until the time the server named; when it named  none                        slow; paused for longer when it names
 *            none 5 s, 10 s, 20 s ... 5 min                                              a later time
 *   slow     after a pause                                   limited, one at a time      free, paused
 *
 * Additive up, multiplicative down: a complaint halves the commands a second that were seen before it (not below 0.2). Each command
 * that goes well then adds 1 % of the pace at the complaint, divided by the pace now: at full use 1 % a second. At twice the pace of
 * the complaint, two and a half minutes later, the limit is dropped. A complaint during a pause is about commands that were on their
 * way when it began: it halves nothing. Ten commands that went well put the pause without a time back to 5 s.
 */
export class Pace {
  readonly #meter = new CommandMeter();
  #pauseUntil = Number.NEGATIVE_INFINITY;
  #words = '';
  /** Pauses without a time, one after the other. */
  #unnamed = 0;
  #well = 0;
  /** Commands a second; null: no limit. */
  #limit: number | null = null;
  /** Commands a second when the server complained. */
  #atComplaint = 0;
  #nextAt = Number.NEGATIVE_INFINITY;

  /**
   * The server asked for a pause; `pauseMs` null: it did not say how long.
   * @param elsewhere commands a second of another process that it said this to: the pace of who has none of his own
   */
  complain(at: number, pauseMs: number | null, words: string, elsewhere: number | null = null): void {
    if (at >= this.#pauseUntil) {
      const before = this.#limit ?? Number.POSITIVE_INFINITY;
      // Nothing was sent since the last pause: it is about a command of before, and the limit is what there is to halve.
      const seen = this.#meter.perSecond(at) || (Number.isFinite(before) ? before : (elsewhere ?? before));
      this.#atComplaint = Number.isFinite(seen) ? Math.max(Math.min(seen, before), 2 * SLOWEST) : 2 * SLOWEST;
      this.#limit = this.#atComplaint / 2;
    }
    this.rest(at, pauseMs, words);
  }

  /** A pause, and afterwards as before. */
  rest(at: number, pauseMs: number | null, words: string): void {
    const underWay = at < this.#pauseUntil;
    if (underWay && pauseMs === null) return;
    const until = at + (pauseMs === null ? this.#nextUnnamed() : Math.max(0, pauseMs));
    if (until < this.#pauseUntil) return;
    this.#pauseUntil = until;
    this.#nextAt = until;
    this.#words = words;
    this.#well = 0;
    this.#meter.restart();
  }

  /** The pause there is; null: none. */
  complaint(at: number): Complaint | null {
    if (at >= this.#pauseUntil) return null;
    return { pauseMs: this.#pauseUntil - at, perSecond: this.#limit === null ? null : this.#atComplaint };
  }

  wentWell(at: number): void {
    if ((this.#limit === null && this.#unnamed === 0) || at < this.#pauseUntil) return;
    this.#well += 1;
    if (this.#well >= CALM_AFTER) this.#unnamed = 0;
    if (this.#limit === null) return;
    this.#limit += (STEP * this.#atComplaint) / this.#limit;
    if (this.#limit >= 2 * this.#atComplaint) this.#limit = null;
  }

  /**
   * What holds a command back; null: it may go.
   * @param ahead commands that are held back already and go first
   */
  hold(at: number, ahead = 0): Hold | null {
    const words = this.#words;
    if (at < this.#pauseUntil) {
      const queued = this.#limit === null ? 0 : (ahead / this.#limit) * 1000;
      return { kind: 'pause', until: this.#pauseUntil + queued, words };
    }
    if (this.#limit === null) return null;
    const until = this.#nextAt + (ahead / this.#limit) * 1000;
    return until > at ? { kind: 'pace', until, words } : null;
  }

  /** A command goes. */
  take(at: number): void {
    this.#meter.count(at);
    if (this.#limit === null) return;
    const apart = 1000 / this.#limit;
    // One interval of lateness is made up for; what was not used before that is gone.
    this.#nextAt = Math.max(this.#nextAt, at - apart) + apart;
  }

  #nextUnnamed(): number {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#unnamed);
    this.#unnamed += 1;
    return pause;
  }
}
