import { hidden } from '../../auth/hide-secrets.ts';
import { fieldOf } from './answers.ts';
import type { Asked } from './asked.ts';
import {
  askedOfAll,
  batchBody,
  MOST_PARTS,
  nextBatch,
  partAnswers,
  type WaitingPart,
  waitingPart,
  withoutQuery,
} from './batch.ts';
import type { BatchOutcome, BatchPart, Graph, GraphAnswer, GraphRequest, UploadRequest } from './graph.ts';
import type { GraphLine } from './graph-line.ts';
import { withPreference } from './headers.ts';
import { byteLength, HttpsFailure, type HttpsPool } from './https-pool.ts';
import { answerTrouble } from './trouble.ts';

export interface GraphOfLoginOptions {
  line: GraphLine;
  pool: HttpsPool;
  /** Where the versions are below: the origin, and the path of `graph_url` where it has one. */
  base: string;
  /** For error texts. */
  where: string;
  signal: AbortSignal;
  /** See GraphUse. */
  onWrite(command: string): void;
  mayCommit: (() => void) | undefined;
  isOpen(): boolean;
}

/** Graph for one mailbox, or for the tenant. */
export class GraphOfLogin implements Graph {
  readonly #options: GraphOfLoginOptions;

  constructor(options: GraphOfLoginOptions) {
    this.#options = options;
  }

  get usable(): boolean {
    return this.#options.isOpen() && !this.#options.signal.aborted;
  }

  async send(request: GraphRequest): Promise<GraphAnswer> {
    return (await this.#send(request, 1, this.#askedOnce(request.method, nameOf(request)))).answer;
  }

  async *pages(request: Pick<GraphRequest, 'path' | 'version' | 'headers'>): AsyncGenerator<readonly unknown[]> {
    const { where } = this.#options;
    const listing = withoutQuery(request.path);
    const seen = new Set<string>();
    let next: string | null = request.path;
    while (next !== null) {
      if (seen.has(next)) throw answerTrouble(`the listing ${listing} goes round in circles`, where);
      seen.add(next);
      const { body } = await this.send({ ...request, path: next, method: 'GET', repeat: 'safe' });
      const items = fieldOf(body, 'value');
      const link = fieldOf(body, '@odata.nextLink') ?? null;
      if (!Array.isArray(items) || (link !== null && typeof link !== 'string')) {
        throw answerTrouble(`the answer to GET ${listing} is no listing`, where);
      }
      yield items;
      next = link;
    }
  }

  async batch(parts: readonly BatchPart[]): Promise<BatchOutcome[]> {
    const outcomes = new Map<number, BatchOutcome>();
    let waiting = parts.map((part, index) => waitingPart(part, index, this.#askedOnce(part.method, nameOf(part))));
    while (waiting.length > 0) {
      const now = nextBatch(waiting, this.#options.line.reducedTo ?? MOST_PARTS);
      const again = await this.#sendBatch(now, outcomes);
      waiting = [...again, ...waiting.slice(now.length)];
    }
    return parts.flatMap((_, index) => outcomes.get(index) ?? []);
  }

  async sendTo(url: string, { method, body, headers = {} }: UploadRequest): Promise<GraphAnswer> {
    const { line, pool, where, signal } = this.#options;
    const target = URL.parse(url);
    if (target?.protocol !== 'https:')
      throw answerTrouble('the service named an upload address that is not https', where);
    const name = `${method} to the upload address at ${target.host}`;
    // The token in the address opens it to anybody.
    const secrets = [
      url,
      target.href,
      `${target.pathname}${target.search}`,
      target.search,
      ...target.searchParams.values(),
    ];
    const sending = {
      name,
      host: target.host,
      bytes: byteLength(body),
      repeat: method === 'GET' ? 'safe' : 'once',
      requests: 1,
    } as const;
    const asked = this.#askedOnce(method, name);
    const attempt = async () => {
      try {
        const content = body === undefined ? {} : { body };
        return await pool.send(url, { method, headers: withoutAuthorization(headers), ...content, signal, ...asked });
      } catch (error) {
        if (!(error instanceof HttpsFailure)) throw error;
        throw new HttpsFailure(error.kind, error.unsent, hidden(error.message, secrets));
      }
    };
    return line.persist(sending, attempt, { secrets: () => secrets });
  }

  /** A write is told once, when it is sent first. */
  #askedOnce(method: string, name: string): Asked {
    if (method === 'GET') return {};
    const { onWrite, mayCommit } = this.#options;
    let told = false;
    const maySend = (): void => {
      if (!told) onWrite(name);
      told = true;
    };
    return { maySend, mayCommit };
  }

  #send(request: GraphRequest, requests: number, asked: Asked): Promise<{ answer: GraphAnswer; token: string }> {
    const { method, repeat, contentType = 'application/json', body, asBytes = false } = request;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = text === undefined ? {} : { 'Content-Type': contentType };
    const url = this.#urlOf(request);
    return this.#options.line.send({
      method,
      name: nameOf(request),
      host: new URL(url).host,
      url,
      headers: withPreference({ ...type, ...request.headers }),
      body: text,
      bytes: byteLength(text),
      repeat,
      requests,
      asBytes,
      asked,
    });
  }

  /** Our own host only: every request carries the token. */
  #urlOf({ path, version = 'v1.0' }: Pick<GraphRequest, 'path' | 'version'>): string {
    const { base, where } = this.#options;
    if (path.startsWith('/')) return `${base}/${version}${path}`;
    if (URL.parse(path)?.origin === new URL(base).origin) return path;
    throw answerTrouble(`the service named a next page elsewhere (${URL.parse(path)?.host ?? 'no address'})`, where);
  }

  /** Returns the parts that have to be sent again. */
  async #sendBatch(parts: readonly WaitingPart[], outcomes: Map<number, BatchOutcome>): Promise<WaitingPart[]> {
    const { line, where } = this.#options;
    const request = { method: 'POST', path: '/$batch', body: batchBody(parts), repeat: 'safe' } as const;
    const { answer, token } = await this.#send(request, parts.length, askedOfAll(parts));
    const answers = partAnswers(answer, parts, [token]);
    if (answers === null) throw answerTrouble('the answer to a batch has no responses', where);
    const again: WaitingPart[] = [];
    for (const [place, part] of parts.entries()) {
      const one = answers[place];
      if (one?.kind === 'outcome') outcomes.set(part.index, one.outcome);
      if (one?.kind !== 'turned-away') continue;
      const sending = { name: part.name, repeat: 'safe' } as const;
      await line.turnedAway(one.refusal, { sending, met: part.met, asked: one.asked, token });
      again.push(part);
    }
    return again;
  }
}

const nameOf = ({ method, path }: Pick<GraphRequest, 'method' | 'path'>): string => `${method} ${withoutQuery(path)}`;

function withoutAuthorization(given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(given);
  headers.delete('authorization');
  return headers;
}
