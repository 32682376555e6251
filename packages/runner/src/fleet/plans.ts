import { MxodusError, type Plan, type PlanMailbox, type RunBook } from '@mxodus/model';

/** Runs under way at the same time are few. */
const KEPT = 8;

interface KnownPlan {
  plan: Plan;
  mailboxes: ReadonlyMap<string, PlanMailbox>;
}

/** The plans of runs: read once, they never change. */
export class Plans {
  readonly #runs: RunBook;
  readonly #known = new Map<string, Promise<KnownPlan>>();

  constructor(runs: RunBook) {
    this.#runs = runs;
  }

  async plan(sha256: string): Promise<Plan> {
    return (await this.#get(sha256)).plan;
  }

  /** Those of the plan with these addresses, in the order of the addresses. Throws PLAN_INVALID when one is not in it. */
  async mailboxes(sha256: string, addresses: readonly string[]): Promise<PlanMailbox[]> {
    const { mailboxes } = await this.#get(sha256);
    return addresses.map((address) => {
      const found = mailboxes.get(address);
      if (found === undefined) throw invalid(`the plan of the run has no mailbox ${address}`);
      return found;
    });
  }

  #get(sha256: string): Promise<KnownPlan> {
    const known = this.#known.get(sha256);
    if (known !== undefined) return known;
    const read = this.#read(sha256);
    read.catch(() => this.#known.delete(sha256));
    this.#known.set(sha256, read);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return read;
  }

  async #read(sha256: string): Promise<KnownPlan> {
    const plan = await this.#runs.plan(sha256);
    if (plan === null) throw invalid('the plan of the run is not in the database');
    return { plan, mailboxes: new Map(plan.mailboxes.map((mailbox) => [mailbox.address, mailbox])) };
  }
}

const invalid = (what: string): MxodusError =>
  new MxodusError('PLAN_INVALID', {
    what,
    why: 'the database was changed by hand, or put back to an earlier state',
    advice: 'cancel the run, then order it again',
  });
