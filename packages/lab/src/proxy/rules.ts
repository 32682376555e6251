export interface RuleOptions {
  /** Which match it acts on, counted over all connections since the rule was made. Default 1, the first. */
  nth?: number;
  /** How many matches from there on it acts on. Default 1. */
  times?: number;
  /** How the connection ends. Default rst. */
  end?: CutKind;
}

/** rst: reset, what was on its way is lost. fin: an orderly end. */
export type CutKind = 'rst' | 'fin';

export interface Fault {
  /** How often it has happened. */
  readonly hits: number;
  /** Resolves when it first happens. */
  readonly happened: Promise<void>;
  /** It does not happen any more. */
  cancel(): void;
}

type Action = { kind: 'before' } | { kind: 'inside'; bytes: number } | { kind: 'after' } | { kind: 'stall' };

export interface Rule {
  action: Action;
  end: CutKind;
  /** It happens now. */
  hit(): void;
  /** It does not happen this time after all; it may the next time. */
  spare(): void;
}

export interface Rules {
  add(on: RegExp, action: Action, options?: RuleOptions): Fault;
  /** Counts a command against all rules, and returns the one that acts on it. */
  match(commandLine: string): Rule | null;
}

interface CountingRule extends Rule {
  on: RegExp;
  /** Matches to let pass, then matches to act on. */
  skip: number;
  left: number;
}

export function createRules(): Rules {
  const rules = new Set<CountingRule>();
  return {
    add: (on, action, { nth = 1, times = 1, end = 'rst' } = {}) => {
      let hits = 0;
      const { promise: happened, resolve: happen } = Promise.withResolvers<void>();
      const rule: CountingRule = {
        on,
        action,
        end,
        skip: nth - 1,
        left: times,
        hit: () => {
          hits++;
          happen();
        },
        spare: () => {
          rule.left++;
        },
      };
      rules.add(rule);
      return {
        get hits() {
          return hits;
        },
        happened,
        cancel: () => void rules.delete(rule),
      };
    },
    match: (commandLine) => {
      let chosen: CountingRule | null = null;
      for (const rule of rules) {
        if (commandLine.search(rule.on) === -1) continue;
        if (rule.skip > 0) rule.skip--;
        else if (rule.left > 0 && !chosen) {
          rule.left--;
          chosen = rule;
        }
      }
      return chosen;
    },
  };
}
