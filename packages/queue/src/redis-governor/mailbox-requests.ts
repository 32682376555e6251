import { randomUUID } from 'node:crypto';
import type { Login, RequestLimits } from '@mxodus/model';
import type { Elsewhere, Verdict } from '../requests/elsewhere.ts';
import { type FleetRedis, numberAt, textAt } from './fleet-redis.ts';
import { isAway } from './is-away.ts';
import { REQUESTS } from './requests-script.ts';
import { loginHash, maskedWords } from './server-channel.ts';

/** A request whose worker died is under way no more; none takes longer. */
const UNDER_WAY_MS = 5 * 60_000;

interface Request {
  requests: number;
  atOnce: number;
  bytes: number;
}

/** The requests of all workers to one mailbox, counted in Redis. */
export class MailboxRequests implements Elsewhere {
  readonly #fleet: FleetRedis;
  readonly #login: Login;
  readonly #limits: RequestLimits;
  readonly #keys: readonly string[];

  constructor(login: Login, limits: RequestLimits, options: { fleet: FleetRedis; serverKey: string }) {
    const { fleet, serverKey } = options;
    const hash = loginHash(serverKey, login);
    this.#fleet = fleet;
    this.#login = login;
    this.#limits = limits;
    this.#keys = ['pause', 'way', 'sent', 'upload'].map((name) => fleet.key('requests', name, serverKey, hash));
  }

  async enter(request: Request): Promise<Verdict> {
    if (this.#fleet.isLost) return { kind: 'room', answered: () => undefined };
    const { concurrent, requests, upload } = this.#limits;
    const args = [randomUUID(), request.requests, request.atOnce, request.bytes];
    const limits = [concurrent, requests.most, requests.inMs, upload.mostBytes, upload.inMs, UNDER_WAY_MS];
    const room = (at: number): Verdict => {
      const answered = ['answered', ...args, at, requests.inMs, upload.inMs];
      return { kind: 'room', answered: () => void this.#tell(() => answered) };
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
