import type { FetchedMessage } from '@mxodus/model';
import type { FetchRow, Section } from './fetch-row.ts';
import type { SelectedFolder } from './selected-folder.ts';
import { sequenceSets } from './sequence-set.ts';
import { refusal, type SessionLine } from './session-line.ts';
import type { Listener } from './wire.ts';

export interface BodyRequest {
  path: string;
  uids: readonly number[];
  section: Extract<Section, 'message' | 'binary' | 'header'>;
  uidValidity: number | undefined;
}

interface Taker {
  resolve(result: IteratorResult<FetchedMessage, undefined>): void;
  reject(error: unknown): void;
}

const DONE: IteratorResult<FetchedMessage, undefined> = { done: true, value: undefined };

/**
 * Bodies as the server sends them. The commands are sent when the stream is made, whether anyone takes the bodies yet or not; whoever
 * stops early makes the rest come in vain.
 *
 *   flowing --last tagged answer, or an error--> ended (what was received can still be taken, then the error)
 *   any --return()--> dropped (what still comes is thrown away)
 */
export class BodyStream implements Listener, AsyncIterableIterator<FetchedMessage, undefined> {
  readonly #line: SessionLine;
  readonly #request: BodyRequest;
  readonly #wanted: Set<number>;
  #folder: SelectedFolder | undefined;
  #received: FetchedMessage[] = [];
  #next = 0;
  #takers: Taker[] = [];
  #state: 'flowing' | 'ended' | 'dropped' = 'flowing';
  #error: { error: unknown } | undefined;

  constructor(line: SessionLine, request: BodyRequest) {
    this.#line = line;
    this.#request = request;
    this.#wanted = new Set(request.uids);
    const done = request.uids.length === 0 ? Promise.resolve() : this.#run();
    done.then(
      () => this.#end(undefined),
      (error: unknown) => this.#end({ error }),
    );
  }

  async #run(): Promise<void> {
    const line = this.#line;
    const { path, section, uidValidity, uids } = this.#request;
    const bodies = section !== 'header';
    const items = { message: line.wholeMessage, binary: 'BINARY.PEEK[]', header: 'BODY.PEEK[HEADER]' };
    const item = items[section];
    const sent = await line.askFor(
      () => (this.#state === 'dropped' ? null : line.open(path, { mode: 'keep', quiet: true, bodies })),
      (folder) => {
        this.#folder = folder;
        // Nobody waits for these answers by themselves: the bodies are waited for.
        return sequenceSets(uids, line.messageLimit).map((set) =>
          line.wire.command(`UID FETCH ${set} (UID ${item})`, this),
        );
      },
    );
    if (sent === null) return;
    await sent.folder.opened;
    line.sameUidValidity(sent.folder, uidValidity);
    const answers = await Promise.all(sent.asked);
    const refused = answers.find(({ status }) => status !== 'OK');
    if (refused !== undefined) throw line.error(refusal(refused), 'FETCH');
  }

  row({ uid, section, body }: FetchRow): boolean {
    if (section !== this.#request.section || !this.#wanted.has(uid)) return false;
    const { uidValidity } = this.#request;
    // `BODY[] NIL`: Dovecot 2.3 for an expunged message (2026-11).
    if (body === null || this.#state !== 'flowing') return true;
    if (uidValidity !== undefined && this.#folder?.uidValidity !== uidValidity) return true;
    // A row twice is given once.
    this.#wanted.delete(uid);
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      this.#line.backlog.stopWaiting();
      taker.resolve({ done: false, value: { uid, body } });
    } else {
      this.#received.push({ uid, body });
      this.#line.backlog.received(body.length);
    }
    return true;
  }

  next(): Promise<IteratorResult<FetchedMessage, undefined>> {
    const value = this.#received[this.#next];
    if (value !== undefined) {
      this.#next += 1;
      if (this.#next > 64) this.#forgetTaken();
      this.#line.backlog.taken(value.body.length);
      return Promise.resolve({ done: false, value });
    }
    this.#forgetTaken();
    if (this.#state === 'flowing') {
      this.#line.backlog.wait();
      return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    }
    const failed = this.#error;
    this.#error = undefined;
    return failed === undefined ? Promise.resolve(DONE) : Promise.reject(failed.error);
  }

  return(): Promise<IteratorResult<FetchedMessage, undefined>> {
    this.#drop();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #drop(): void {
    for (const { body } of this.#received.slice(this.#next)) this.#line.backlog.taken(body.length);
    this.#received = [];
    this.#next = 0;
    this.#state = 'dropped';
    this.#error = undefined;
    this.#release((taker) => taker.resolve(DONE));
  }

  #end(error: { error: unknown } | undefined): void {
    if (this.#state === 'dropped') return;
    this.#state = 'ended';
    this.#error = error;
    this.#release((taker) => {
      const failed = this.#error;
      this.#error = undefined;
      if (failed === undefined) taker.resolve(DONE);
      else taker.reject(failed.error);
    });
  }

  #release(settle: (taker: Taker) => void): void {
    for (const taker of this.#takers.splice(0)) {
      this.#line.backlog.stopWaiting();
      settle(taker);
    }
  }

  #forgetTaken(): void {
    this.#received.splice(0, this.#next);
    this.#next = 0;
  }
}
