import type { DataSet } from '../data-set/data-set.ts';
import type { DelayFigures } from '../delay/measure-delay.ts';
import type { Measured } from '../measure/timed.ts';

/** One run of a tool on a destination of its own. */
export interface Copied {
  first: Measured;
  /** Passes that find nothing to do, in order. */
  again: Measured[];
  /** Before the first pass (mxodus: its plan), s. */
  setUpSeconds: number;
}

export interface ToolRow {
  tool: string;
  messages: number;
  startSeconds: number;
  runs: Copied[];
}

/** What one table of the results shows. */
export interface ScenarioResult {
  title: string;
  data: Omit<DataSet, 'home'>[];
  rows: ToolRow[];
  /** The delaying process by itself, where there is one. */
  delay: DelayFigures | null;
  notes: string[];
}
