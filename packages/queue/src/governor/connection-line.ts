import { MxodusError, type WaitOptions } from '@mxodus/model';
import type { HostGate, LoginGate } from './gate.ts';
import { lastToEnd, Waiter } from './waiter.ts';

interface Waiting {
  gate: LoginGate;
  waiter: Waiter<() => void>;
}

/**
 * Who waits for a connection to one server, first come first served: only a login that may have no more lets others pass. A
 * connection counts for its login and for the server until it is given back.
 */
export class ConnectionLine {
  readonly #host: HostGate;
  readonly #onFree: () => void;
  #waiting: Waiting[] = [];

  /** @param onFree called when a place is free again, or one less waits */
  constructor(host: HostGate, onFree: () => void) {
    this.#host = host;
    this.#onFree = onFree;
  }

  /** The function returned gives the connection back; it may be called again. */
  enter(gate: LoginGate, options: WaitOptions): Promise<() => void> {
    const waiter = new Waiter<() => void>(options, { at: this.#host.now().at, onAbort: this.#onFree });
    this.#waiting.push({ gate, waiter });
    this.#onFree();
    return waiter.promise;
  }

  /** Lets in who may come in. Returns when to look again. */
  look(): number {
    const { scope: host } = this.#host;
    const now = this.#host.now();
    const { at } = now;
    let again = Number.POSITIVE_INFINITY;
    const waiting = this.#waiting.filter(({ waiter }) => !waiter.isOver);
    this.#waiting = [];
    for (const one of waiting) {
      const { scope } = one.gate;
      const refusal = this.#refusal(one.gate, at);
      if (refusal !== null) {
        one.waiter.reject(refusal);
        continue;
      }
      const block = lastToEnd([...scope.connectionBlocks(at), ...host.connectionBlocks(at)]);
      if (block === null) {
        one.waiter.grant(this.#take(one.gate));
        continue;
      }
      this.#waiting.push(one);
      const told = one.waiter.tell(block, now);
      if (told.news) one.gate.budget?.book();
      again = Math.min(again, told.again, host.connectionsRiseAt(at));
    }
    return again;
  }

  /** Nobody waits any more. */
  end(error: unknown): void {
    for (const { waiter } of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** Who has a connection and waits for another would wait for himself, or for one who waits for him. */
  #refusal({ scope, login }: LoginGate, at: number): MxodusError | null {
    const why = scope.inUse === 0 ? null : (scope.takenBack(at) ?? this.#host.scope.takenBack(at));
    if (why === null) return null;
    return new MxodusError('SERVER_BUSY', {
      what: why,
      why: 'other programs use them, or the server allows fewer than the config says',
      advice: `lower \`limits\` of "${login.server}" to what it allows, or close the other programs`,
      where: `${login.user} at ${login.server}`,
    });
  }

  #take({ scope }: LoginGate): () => void {
    const held = [scope, this.#host.scope];
    for (const one of held) one.inUse += 1;
    return () => {
      if (held.length === 0) return;
      for (const one of held.splice(0)) one.inUse -= 1;
      this.#onFree();
    };
  }
}
