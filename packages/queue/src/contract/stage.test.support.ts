import { vi } from 'vitest';

/** Waits until the expectations hold. */
export const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 });

/** Long enough for what must not happen to happen. */
export const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

/** A handler whose jobs end when the test says so. */
export class Stage<J extends { id: string }, E> {
  /** Each time one starts. */
  readonly started: string[] = [];
  readonly jobs = new Map<string, J>();
  readonly #ends = new Map<string, PromiseWithResolvers<E>>();

  readonly handler = async (job: J): Promise<E> => {
    this.started.push(job.id);
    this.jobs.set(job.id, job);
    const end = Promise.withResolvers<E>();
    this.#ends.set(job.id, end);
    try {
      return await end.promise;
    } finally {
      this.#ends.delete(job.id);
    }
  };

  get running(): string[] {
    return [...this.#ends.keys()];
  }

  async end(id: string, how: E): Promise<void> {
    (await this.#end(id)).resolve(how);
  }

  async fail(id: string, error: unknown): Promise<void> {
    (await this.#end(id)).reject(error);
  }

  /** Waits until it runs. */
  async #end(id: string): Promise<PromiseWithResolvers<E>> {
    return vi.waitFor(
      () => {
        const end = this.#ends.get(id);
        if (end === undefined) throw new Error(`${id} does not run; started: ${this.started.join(', ')}`);
        return end;
      },
      { timeout: 20_000, interval: 5 },
    );
  }
}
