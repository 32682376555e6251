/** The limits of one app and mailbox: requests at once, requests and uploaded bytes in a window. Refused requests count too. */
import { SimError } from './route.ts';
import type { SimLimits } from './sim-world.ts';
import type { FrameSwitches } from './switches.ts';

export interface Throttle {
  /** Call when the request is there and leave() just before its answer; `refused` is to be thrown. */
  enter(user: string): Visit;
  highWater(user: string): number;
  forgetHighWater(): void;
}

export interface Visit {
  refused: SimError | null;
  /** Throws where the bytes are too many for the window. */
  upload(bytes: number): void;
  leave(): void;
}

export interface ThrottleOptions {
  limits: SimLimits;
  switches: FrameSwitches;
  now: () => Date;
}

interface Mailbox {
  /** Those that are being done, and those that are there at all. */
  running: number;
  present: number;
  highWater: number;
  requests: SlidingWindow;
  uploaded: SlidingWindow;
}

export function createThrottle({ limits, switches, now }: ThrottleOptions): Throttle {
  const mailboxes = new Map<string, Mailbox>();
  const mailboxOf = (user: string): Mailbox => {
    const known = mailboxes.get(user);
    if (known !== undefined) return known;
    const { requests, uploaded } = limits;
    const made = {
      running: 0,
      present: 0,
      highWater: 0,
      requests: new SlidingWindow(requests.seconds),
      uploaded: new SlidingWindow(uploaded.seconds),
    };
    mailboxes.set(user, made);
    return made;
  };
  const refusal = (limit: string, seconds: number): SimError =>
    new SimError(
      429,
      'ApplicationThrottled',
      `Application is over its ${limit} limit.`,
      retryAfter(switches.retryAfter, seconds),
    );

  return {
    enter(user) {
      const mailbox = mailboxOf(user);
      const at = now().getTime();
      mailbox.present += 1;
      mailbox.highWater = Math.max(mailbox.highWater, mailbox.present);
      mailbox.requests.add(at, 1);
      let refused: SimError | null = null;
      if (mailbox.running >= limits.concurrent) refused = refusal('MailboxConcurrency', 1);
      else if (mailbox.requests.sum(at) > limits.requests.count) {
        refused = refusal('MailboxRequests', mailbox.requests.secondsUntil(at, limits.requests.count));
      } else mailbox.running += 1;
      let here = true;
      return {
        refused,
        upload(bytes) {
          const time = now().getTime();
          mailbox.uploaded.add(time, bytes);
          if (mailbox.uploaded.sum(time) <= limits.uploaded.bytes) return;
          throw refusal('MailboxUpload', mailbox.uploaded.secondsUntil(time, limits.uploaded.bytes));
        },
        leave() {
          if (!here) return;
          here = false;
          mailbox.present -= 1;
          if (refused === null) mailbox.running -= 1;
        },
      };
    },
    highWater: (user) => mailboxes.get(user)?.highWater ?? 0,
    forgetHighWater: () => {
      for (const mailbox of mailboxes.values()) mailbox.highWater = mailbox.present;
    },
  };
}

function retryAfter(form: FrameSwitches['retryAfter'], seconds: number): Record<string, string> {
  if (form === 'missing') return {};
  if (form === 'zero') return { 'retry-after': '0' };
  if (form === '300') return { 'retry-after': '300' };
  // By the machine's clock, as the Date header: that of the service is moved by tests. No fractions: rounded up, never too early.
  const until = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000);
  return { 'retry-after': form === 'http-date' ? until.toUTCString() : String(seconds) };
}

/** What happened in the last seconds. */
class SlidingWindow {
  readonly #length: number;
  #events: { at: number; amount: number }[] = [];
  #gone = 0;
  #sum = 0;

  constructor(seconds: number) {
    this.#length = seconds * 1000;
  }

  add(at: number, amount: number): void {
    this.#events.push({ at, amount });
    this.#sum += amount;
  }

  sum(now: number): number {
    for (;;) {
      const oldest = this.#events[this.#gone];
      if (oldest === undefined || oldest.at > now - this.#length) break;
      this.#sum -= oldest.amount;
      this.#gone += 1;
    }
    if (this.#gone > 1000) {
      this.#events = this.#events.slice(this.#gone);
      this.#gone = 0;
    }
    return this.#sum;
  }

  /** Whole seconds until the sum is within `limit` again, at least 1. */
  secondsUntil(now: number, limit: number): number {
    let left = this.sum(now);
    for (const { at, amount } of this.#events.slice(this.#gone)) {
      left -= amount;
      if (left <= limit) return Math.max(1, Math.ceil((at + this.#length - now) / 1000));
    }
    return Math.max(1, Math.ceil(this.#length / 1000));
  }
}
