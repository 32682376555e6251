import type { Login, ServerBurden } from '@mxodus/model';
import type { ByteRate } from './byte-rate.ts';
import type { DailyBudget } from './daily-budget.ts';
import type { Scope } from './scope.ts';

/** One moment, on both clocks. */
export interface Moment {
  /** Milliseconds, never goes back. */
  at: number;
  /** Milliseconds since the epoch; may be set. */
  wall: number;
}

/** Everything that holds for one login of a server. */
export interface LoginGate {
  readonly login: Login;
  readonly scope: Scope;
  readonly budget: DailyBudget | null;
}

/** Everything that holds for one server. */
export interface HostGate {
  readonly server: string;
  readonly burden: ServerBurden;
  readonly now: () => Moment;
  readonly scope: Scope;
  readonly rate: ByteRate | null;
}
