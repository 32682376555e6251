/** What goes wrong, by plan: the n-th request that matches fails, before it did anything or after it did all. */

export interface GraphFault {
  method?: string;
  /** Of the path with its query, as sent (/v1.0/users/…); in a $batch of /v1.0 + the inner url. */
  path?: RegExp;
  /** Of the request's body. */
  body?: RegExp;
  /** Requests of a $batch only ('inner'), or never ('outer': the $batch itself is one). Default both. */
  where?: 'inner' | 'outer';
  /** From the n-th matching request on. Default 1. */
  nth?: number;
  /** For so many matching requests. Default 1. */
  times?: number;
  /** The request waits before anything is done. */
  delayMs?: number;
  /** In place of doing it. */
  before?: FaultOutcome;
  /** It is done (committed), and this is the answer. */
  after?: FaultOutcome;
  /** The answer waits after all is done. */
  answerDelayMs?: number;
}

/** The connection is reset; there is never an answer; or this answer. Inside a $batch the first two are those of the whole $batch. */
export type FaultOutcome = 'reset' | 'silence' | FaultAnswer;

export interface FaultAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** An error envelope with this code... */
  code?: string;
  message?: string;
  /** ...or this body (text as it is, else JSON). Neither: no body. */
  body?: unknown;
}

export interface PlannedFault extends GraphFault {
  id: number;
  /** How many requests matched, and how many of them it struck. */
  matched: number;
  struck: number;
}

export interface MatchedRequest {
  method: string;
  url: string;
  body: () => string;
  where: 'inner' | 'outer';
}

export class FaultPlan {
  readonly #faults: PlannedFault[] = [];
  #lastId = 0;

  /** The fault stays in the plan; its counts go on. */
  add(fault: GraphFault): PlannedFault {
    this.#lastId += 1;
    const planned = { ...fault, id: this.#lastId, matched: 0, struck: 0 };
    this.#faults.push(planned);
    return planned;
  }

  remove(id: number): boolean {
    const index = this.#faults.findIndex((fault) => fault.id === id);
    if (index >= 0) this.#faults.splice(index, 1);
    return index >= 0;
  }

  clear(): void {
    this.#faults.length = 0;
  }

  get all(): readonly PlannedFault[] {
    return this.#faults;
  }

  /** The first fault that strikes this request. Every matching fault counts it. */
  take(request: MatchedRequest): PlannedFault | null {
    let struck: PlannedFault | null = null;
    for (const fault of this.#faults) {
      if (!matches(fault, request)) continue;
      fault.matched += 1;
      const first = fault.nth ?? 1;
      if (struck === null && fault.matched >= first && fault.matched < first + (fault.times ?? 1)) {
        fault.struck += 1;
        struck = fault;
      }
    }
    return struck;
  }
}

function matches(fault: GraphFault, { method, url, body, where }: MatchedRequest): boolean {
  return (
    (fault.method === undefined || fault.method.toUpperCase() === method) &&
    (fault.path === undefined || url.search(fault.path) >= 0) &&
    (fault.body === undefined || body().search(fault.body) >= 0) &&
    (fault.where === undefined || fault.where === where)
  );
}
