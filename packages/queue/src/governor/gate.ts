import type { Login, ServerBurden, TrafficBook } from '@mxodus/model';
import type { Scope } from './scope.ts';

/** One moment, on both clocks. */
export interface Moment {
  /** Milliseconds, never goes back. */
  at: number;
  /** Milliseconds since the epoch; may be set. */
  wall: number;
}

/** How many bytes may cross in a second. Times are `at` of a moment. */
export interface Rate {
  /**
   * When so many bytes may cross; not later than `at`: now.
   * @param ahead bytes that are held back already and go first
   */
  freeAt(at: number, bytes: number, ahead?: number): number;
  take(at: number, bytes: number): void;
}

/** How many bytes one login may use today. Times are `wall` of a moment. */
export interface Budget {
  readonly limit: number;
  readonly failed: boolean;
  /** When so many bytes may cross: null: now; Infinity: not known yet. Throws what the book threw. */
  freeAt(wall: number, bytes: number): number | null;
  take(wall: number, bytes: number): void;
  /** Books what crossed so far, without waiting for it. */
  book(): void;
  /** Books what crossed so far. Throws what the book threw. */
  flush(): Promise<void>;
}

export interface BudgetOptions {
  login: Login;
  /** null: what was spent is forgotten with the process. */
  book: TrafficBook | null;
  /** Called when it is known more than before: look again. */
  onKnown: () => void;
}

/** Where the limits of bytes are counted: in this process, or over all. */
export interface Counting {
  rate(server: string, bytesPerSecond: number, onKnown: () => void): Rate;
  budget(bytesPerDay: number, options: BudgetOptions): Budget;
}

/** Everything that holds for one login of a server. */
export interface LoginGate {
  readonly login: Login;
  readonly scope: Scope;
  readonly budget: Budget | null;
}

/** Everything that holds for one server. */
export interface HostGate {
  readonly server: string;
  readonly burden: ServerBurden;
  readonly now: () => Moment;
  readonly scope: Scope;
  readonly rate: Rate | null;
}
