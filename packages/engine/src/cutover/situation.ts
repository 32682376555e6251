import type { CutoverConfig, DomainPlan } from '@mxodus/model';
import type { HistoryRow } from './history.ts';
import type { CutoverProgress } from './progress.ts';
import type { Sight } from './sight.ts';

export interface CutoverPlan {
  sha256: string;
  domains: readonly DomainPlan[];
  settings: CutoverConfig;
}

/** Everything a decision is made from. */
export interface CutoverSituation {
  plan: CutoverPlan;
  progress: CutoverProgress;
  sight: Sight;
  /** What the servers served before; rows of the last days. */
  history: readonly HistoryRow[];
  /** The addresses that get test mails; none: no canaries are sent. */
  canaries: readonly { domain: string; recipient: string }[];
  /** Milliseconds since the epoch. */
  now: number;
}
