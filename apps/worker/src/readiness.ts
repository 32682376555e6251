/** What a worker cannot work without. */
export type Service = 'redis' | 'postgres';

/** An answer older than this counts as none. */
const FRESH_MS = 10_000;

/** Whether the worker can take jobs; kept up to date by whoever asks the services. Times are of the monotonic clock. */
export class Readiness {
  readonly #answered = new Map<Service, number>();
  readonly #trouble = new Map<Service, string>();
  #stopping = false;

  constructor(services: readonly Service[]) {
    for (const service of services) this.#answered.set(service, Number.NEGATIVE_INFINITY);
  }

  answered(service: Service, at: number): void {
    this.#answered.set(service, at);
    this.#trouble.delete(service);
  }

  /** @param why in short, for people: never a secret */
  silent(service: Service, why: string): void {
    this.#trouble.set(service, why);
  }

  stopping(): void {
    this.#stopping = true;
  }

  /** null: it is ready. */
  reason(at: number): string | null {
    if (this.#stopping) return 'it is stopping';
    for (const [service, last] of this.#answered) {
      if (at - last <= FRESH_MS) continue;
      const why = this.#trouble.get(service);
      const since = Number.isFinite(last) ? `for ${Math.round((at - last) / 1000)} s` : 'yet';
      return `${service} has not answered ${since}${why === undefined ? '' : ` (${why})`}`;
    }
    return null;
  }
}
