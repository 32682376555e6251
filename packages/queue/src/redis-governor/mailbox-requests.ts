import { randomUUID } from 'node:crypto';
import type { Login, RequestLimits } from '@mxodus/model';
import type { Elsewhere, Verdict } from '../requests/elsewhere.ts';
import { type FleetRedis, numberAt, textAt } from './fleet-redis.ts';
import { isAway } from './is-away.ts';
import { REQUESTS } from './requests-script.ts';
import { loginHash, maskedWords } from './server-channel.ts';

interface Request {
  requests: number;
  atOnce: number;
  bytes: number;
}

export interface MailboxRequestsOptions {
  fleet: FleetRedis;
  serverKey: string;
  /** See FleetGovernorOptions. */
  holdMs: number;
}

/** The requests of all workers to one mailbox, counted in Redis. Those of a worker that died are under way no more after `holdMs`. */
export class MailboxRequests implements Elsewhere {
  readonly #fleet: FleetRedis;
  readonly #login: Login;
  readonly #limits: RequestLimits;
  readonly #holdMs: number;
  readonly #keys: readonly string[];
  /** Of this process, as Redis has them. */
  readonly #underWay = new Set<string>();
  #renewing: NodeJS.Timeout | undefined;

  constructor(login: Login, limits: RequestLimits, { fleet, serverKey, holdMs }: MailboxRequestsOptions) {
    const hash = loginHash(serverKey, login);
    this.#fleet = fleet;
    this.#login = login;
    this.#limits = limits;
    this.#holdMs = holdMs;
    this.#keys = ['pause', 'way', 'sent', 'upload'].map((name) => fleet.key('requests', name, serverKey, hash));
  }

  async enter(request: Request): Promise<Verdict> {
    if (this.#fleet.isLost) return { kind: 'room', answered: () => undefined };
    const { concurrent, requests, upload } = this.#limits;
    const id = randomUUID();
    const args = [id, request.requests, request.atOnce, request.bytes];
    const limits = [concurrent, requests.most, requests.inMs, upload.mostBytes, upload.inMs, this.#holdMs];
    const room = (at: number): Verdict => {
      const member = `${id} ${request.atOnce}`;
      this.#hold(member);
      const answered = ['answered', ...args, at, requests.inMs, upload.inMs];
      return {
        kind: 'room',
        answered: () => {
          this.#letGo(member);
          void this.#tell(() => answered);
        },
      };
    };
    try {
      const reply = await this.#fleet.run(REQUESTS, this.#keys, ['enter', ...args, ...limits]);
      const [because, ms] = [textAt(reply, 0), numberAt(reply, 1)];
      if (because === 'pause') return { kind: 'none', because, ms, words: textAt(reply, 2) ?? '' };
      if (because === 'concurrent') return { kind: 'none', because, ms: null };
      if (because === 'requests' || because === 'upload') return { kind: 'none', because, ms };
      return room(ms);
    } catch (error) {
      if (!isAway(error)) throw error;
      // It may have been counted, or may yet be.
      return room(0);
    }
  }

  #hold(member: string): void {
    this.#underWay.add(member);
    this.#renewing ??= setInterval(() => void this.#renew(), this.#holdMs / 3).unref();
  }

  #letGo(member: string): void {
    this.#underWay.delete(member);
    if (this.#underWay.size > 0) return;
    clearInterval(this.#renewing);
    this.#renewing = undefined;
  }

  async #renew(): Promise<void> {
    try {
      await this.#fleet.run(REQUESTS, this.#keys, ['renew', this.#holdMs, ...this.#underWay]);
    } catch (error) {
      // The next time tells the same.
      if (!isAway(error)) throw error;
    }
  }

  pause(ms: number, words: string): void {
    const until = performance.now() + ms;
    const masked = maskedWords(words, this.#login.user);
    void this.#tell(() => {
      const left = Math.ceil(until - performance.now());
      return left > 0 ? ['pause', left, masked] : null;
    });
  }

  /**
   * What Redis is not there for is told when it is back.
   * @param say null: there is nothing to tell any more
   */
  async #tell(say: () => readonly (string | number)[] | null): Promise<void> {
    const args = say();
    if (args === null) return;
    try {
      await this.#fleet.run(REQUESTS, this.#keys, args);
    } catch (error) {
      if (!isAway(error)) throw error;
      const stop = this.#fleet.onReady(() => {
        stop();
        void this.#tell(say);
      });
    }
  }
}
