import { randomUUID } from 'node:crypto';
import { type Login, MxodusError, type RequestGovernor, type Wait } from '@mxodus/model';
import type { TokenSource } from '../../auth/token-source.ts';
import { readAnswer, refusalOf, verdictOf, wordsOf } from './answers.ts';
import { type Asked, Forbidden } from './asked.ts';
import { type GraphAnswer, GraphDoubt, type GraphRefusal, type GraphRequest } from './graph.ts';
import { type GraphClient, GraphExchange } from './graph-client.ts';
import { type HttpsAnswer, HttpsFailure } from './https-pool.ts';
import { backOffMs, retryAfterMs, withJitter } from './retry-after.ts';
import { busyTrouble, connectionTrouble, tokenTrouble } from './trouble.ts';

/** How often a request is turned away before it is given up; with the pauses between, that takes minutes. */
const MOST = { throttled: 100, passing: 8, unreachable: 4 } as const;

/** Tokens in place of a refused one: the first may be one that was known already, and as stale; the next is new. */
const MOST_TOKENS = 2;

/** What a request has met so far. */
export interface Met {
  throttled: number;
  passing: number;
  unreachable: number;
  /** How many tokens in a row were refused and replaced. */
  tokens: number;
}

export const nothingMet = (): Met => ({ throttled: 0, passing: 0, unreachable: 0, tokens: 0 });

export interface LineOptions {
  login: Login;
  governor: RequestGovernor;
  tokens: TokenSource;
  client: GraphClient;
  /** For error texts: "ann@example.com at new". */
  where: string;
  signal: AbortSignal;
  ear(): (wait: Wait | null) => void;
}

/** What is to be sent, as far as waiting and sending again goes. */
export interface Sending {
  /** For error texts: without its query. */
  name: string;
  /** For error texts. */
  host: string;
  bytes: number;
  repeat: GraphRequest['repeat'];
  /** How many it counts as. */
  requests: number;
  /** See GraphRequest. */
  asBytes?: boolean;
}

export interface GraphSending extends Sending {
  method: GraphRequest['method'];
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** Each time it is sent. */
  asked: Asked;
}

/**
 * Sends one request until there is an answer that counts.
 *
 *   what came of it                     safe                                once
 *   answered, refused                   the answer, GraphRefusal            the same
 *   401                                 another token, again, twice; then AUTH_FAILED in both
 *   429                                 pause as asked, again; at last SERVER_BUSY in both
 *   408, 502, 503, 504, a passing 500   pause, again; at last SERVER_BUSY   pause, GraphDoubt
 *   lost, no answer in time             pause, again; at last               GraphDoubt
 *                                       CONNECTION_LOST, SERVER_TIMEOUT
 *   no connection: nothing was sent     pause, again; at last SERVER_UNREACHABLE in both
 *   forbidden by who was asked           at once what that threw in both
 *   certificate, TLS, no such host      at once TLS_CERTIFICATE, TLS_FAILED, SERVER_UNREACHABLE in both
 */
export class GraphLine {
  readonly #options: LineOptions;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** See RequestGovernor. */
  get reducedTo(): number | null {
    return this.#options.governor.reducedTo(this.#options.login);
  }

  /** Returns the token it was answered with, too. */
  async send(request: GraphSending): Promise<{ answer: GraphAnswer; token: string }> {
    const { client, tokens, signal } = this.#options;
    const { method, url, body, asked } = request;
    let token = '';
    const attempt = async (): Promise<HttpsAnswer> => {
      token = await tokens.token(signal);
      const headers = { ...request.headers, 'client-request-id': randomUUID(), 'return-client-request-id': 'true' };
      return client.send(new GraphExchange({ method, url, headers, body, token, signal, asked }));
    };
    const answer = await this.persist(request, attempt, { secrets: () => [token], token: () => token });
    return { answer, token };
  }

  /**
   * The table above, for any way of sending.
   *
   * @param of.secrets what no error text may hold
   * @param of.token the one that was sent; left out where none is
   */
  async persist(
    sending: Sending,
    attempt: () => Promise<HttpsAnswer>,
    of: { secrets: () => readonly string[]; token?: () => string },
  ): Promise<GraphAnswer> {
    const { login, governor, signal, ear } = this.#options;
    const onWait = ear();
    const met = nothingMet();
    for (;;) {
      const answered = await governor.request(login, sending.bytes, { signal, onWait }, sending.requests);
      let answer: HttpsAnswer;
      try {
        answer = await attempt();
      } catch (error) {
        this.#unanswered(error, sending, met);
        continue;
      } finally {
        answered();
      }
      const read = readAnswer(answer, sending.asBytes);
      if (answer.status < 400) return read;
      const refusal = refusalOf(read, answer.headers, of.secrets());
      const asked = retryAfterMs(answer.headers, Date.now());
      await this.turnedAway(refusal, { sending, met, asked, token: of.token?.() ?? null });
    }
  }

  /** Throws when it must not be sent again, or not any more; returns when it may, after the pause that was begun. */
  async turnedAway(
    refusal: GraphRefusal,
    of: { sending: Pick<Sending, 'name' | 'repeat'>; met: Met; asked: number | null; token: string | null },
  ): Promise<void> {
    const { sending, met, asked, token } = of;
    const { where, tokens, signal } = this.#options;
    const verdict = verdictOf(refusal.status, refusal.code);
    if (verdict === 'token' && token !== null) {
      if (met.tokens >= MOST_TOKENS) throw tokenTrouble(refusal, where);
      try {
        if ((await tokens.another(token, signal)) === null) throw tokenTrouble(refusal, where);
        met.tokens += 1;
      } catch (error) {
        this.#noToken(error, met);
      }
      return;
    }
    // A request that waited for hours may well meet an expired token again.
    met.tokens = 0;
    if (verdict !== 'throttled' && verdict !== 'passing') throw refusal;
    met[verdict] += 1;
    this.#pause(asked, met[verdict], wordsOf(refusal));
    if (verdict === 'passing' && sending.repeat === 'once') {
      throw new GraphDoubt(`${sending.name}: ${wordsOf(refusal)}`, refusal.status);
    }
    if (met[verdict] < MOST[verdict]) return;
    // A 500 may be the fault of one item; the others say that the service cannot go on.
    throw refusal.status === 500 ? refusal : busyTrouble(refusal, where, asked);
  }

  /** As `turnedAway`, where there was no answer. */
  #unanswered(error: unknown, { name, host, repeat }: Sending, met: Met): void {
    if (error instanceof Forbidden) throw error.cause;
    if (!(error instanceof HttpsFailure)) {
      this.#noToken(error, met);
      return;
    }
    const trouble = connectionTrouble(error, { where: this.#options.where, host });
    if (!error.unsent && repeat === 'once') throw new GraphDoubt(`${name}: ${trouble.what}`, null, { cause: trouble });
    if (error.unsent && error.kind !== 'unreachable') throw trouble;
    const kind = error.unsent ? 'unreachable' : 'passing';
    met[kind] += 1;
    if (met[kind] >= MOST[kind]) throw trouble;
    this.#pause(null, met[kind], trouble.what);
  }

  /** The sign-in service did not answer, or not yet: the request was not sent. */
  #noToken(error: unknown, met: Met): void {
    if (!(error instanceof MxodusError)) throw error;
    const busy = error.code === 'SERVER_BUSY';
    if (!busy && error.code !== 'SERVER_UNREACHABLE') throw error;
    met.unreachable += 1;
    if (met.unreachable >= (busy ? MOST.passing : MOST.unreachable)) throw error;
    this.#pause(error.hint?.pauseMs ?? null, met.unreachable, error.what);
  }

  /** The mailbox is left alone for as long as the server asks; where it asks for nothing, longer each time. */
  #pause(asked: number | null, times: number, words: string): void {
    const { governor, login } = this.#options;
    governor.pause(login, withJitter(asked ?? backOffMs(times), Math.random()), words);
  }
}
