/**
 * What happens to one request, in this order:
 *
 * | step                  | refusal                                      |
 * |-----------------------|----------------------------------------------|
 * | token                 | 401                                          |
 * | limits of the mailbox | 429; counted from here until before the answer |
 * | hooks "before"        |                                              |
 * | body                  | 413, 429 (uploaded bytes)                    |
 * | fault: delay, before  | what the fault says                          |
 * | latency               |                                              |
 * | version, roles, user  | 400, 403, 404                                |
 * | route                 | SimError                                     |
 * | fault: after          | what the fault says                          |
 * | hooks "after"         |                                              |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessRules, checkAccess, mailboxOf, rolesOfToken, unauthorized } from './access.ts';
import {
  badRequest,
  codeOf,
  encodeBody,
  errorAnswer,
  errorBody,
  graphHeaders,
  methodNotAllowed,
  newRequestId,
  type Outcome,
  unknownSegment,
} from './answers.ts';
import { runBatch } from './batch.ts';
import type { Directory } from './directory/directory.ts';
import type { FaultOutcome, FaultPlan, PlannedFault } from './faults.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { belowVersion, knownMethod, parseTarget, type Target } from './request-line.ts';
import { type SimAnswer, type SimAsyncRoute, SimError, type SimRoute } from './route.ts';
import type { Throttle, Visit } from './throttle.ts';

/** A request of which the body may still be on its way. */
export interface Incoming {
  host: JournalEntry['host'];
  method: string;
  /** As sent: path and query. */
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  inBatch: boolean;
  /** Reads at most `limit` bytes; null: there are more. */
  readBody(limit: number): Promise<Buffer | null>;
  /** The connection has ended. */
  closed: Promise<void>;
}

export interface ServiceParts extends AccessRules {
  preauthenticatedOrigin: string;
  directory: Directory;
  signIn: (method: string, url: URL, body: Buffer) => SimAnswer | null;
  /** Asked in this order. */
  routes: readonly SimAsyncRoute[];
  /** For pre-authenticated addresses. */
  preauthenticated: SimRoute;
  throttle: Throttle;
  faults: FaultPlan;
  journal: Journal;
  hook: (entry: Readonly<JournalEntry>, when: 'before' | 'after') => Promise<void>;
  latencyMs: () => number;
  /** Ends every wait. */
  stopped: AbortSignal;
}

/** An upload session takes less than 4 MB a time itself; what is imported may be a whole message. */
const PREAUTHENTICATED_BYTES = 64 * 1024 * 1024;

export class Service {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** The outcome, with all headers. The request is no longer in flight when this comes back, except in silence. */
  async handle(incoming: Incoming): Promise<Outcome> {
    const { world, journal, hook } = this.#parts;
    const target = parseTarget(incoming.url);
    const requestId = newRequestId();
    const entry = journal.begin(incoming, target, world.now());
    const context = { headers: incoming.headers, now: world.now(), requestId };
    const visits: Visit[] = [];
    const leave = (): void => {
      for (const visit of visits) visit.leave();
    };
    try {
      let outcome = await this.#answer(incoming, target, entry, visits, requestId).catch((error: unknown) => {
        if (error instanceof SimError) return errorAnswer(error, context);
        throw error;
      });
      if (typeof outcome !== 'string') {
        entry.status = outcome.status;
        entry.code = codeOf(outcome.body);
        outcome = { ...outcome, headers: { ...graphHeaders(context), ...outcome.headers } };
      }
      journal.end(entry, typeof outcome === 'string' ? 0 : encodeBody(outcome.body).bytes.length);
      await hook(entry, 'after');
      if (outcome === 'silence') await Promise.race([incoming.closed, aborted(this.#parts.stopped)]);
      return outcome;
    } finally {
      leave();
    }
  }

  async #answer(
    incoming: Incoming,
    target: Target,
    entry: JournalEntry,
    visits: Visit[],
    requestId: string,
  ): Promise<Outcome> {
    const { world, hook } = this.#parts;
    const { host, headers } = incoming;
    const segments = target.segments ?? [];
    const isSignIn = host === 'api' && !['v1.0', 'beta'].includes(segments[0] ?? '');
    const roles = isSignIn || host === 'preauthenticated' ? [] : rolesOfToken(headers.authorization, this.#parts);
    const visit = isSignIn ? null : this.#enter(host, segments, entry);
    if (visit !== null) visits.push(visit);
    await hook(entry, 'before');
    if (visit !== null && visit.refused !== null) throw visit.refused;

    const body = await this.#body(incoming, visit, entry);
    const fault = this.#parts.faults.take({
      method: incoming.method,
      url: incoming.url,
      body: () => body.toString('latin1'),
      where: incoming.inBatch ? 'inner' : 'outer',
    });
    entry.fault = fault?.id ?? null;
    await this.#wait(fault?.delayMs);
    if (fault?.before !== undefined) return faultOutcome(fault.before, incoming, world.now(), requestId);
    if (!isSignIn && !entry.path.endsWith('/$batch')) await this.#wait(this.#parts.latencyMs());
    let outcome: Outcome;
    try {
      outcome = isSignIn ? this.#signIn(incoming, body) : await this.#route(incoming, target, roles, body);
    } catch (error) {
      if (!(error instanceof SimError)) throw error;
      outcome = errorAnswer(error, { headers, now: world.now(), requestId });
    }
    return this.#afterFault(fault, outcome, incoming, requestId);
  }

  async #afterFault(
    fault: PlannedFault | null,
    outcome: Outcome,
    incoming: Incoming,
    requestId: string,
  ): Promise<Outcome> {
    await this.#wait(fault?.answerDelayMs);
    if (fault?.after === undefined) return outcome;
    return faultOutcome(fault.after, incoming, this.#parts.world.now(), requestId);
  }

  #enter(host: JournalEntry['host'], segments: readonly string[], entry: JournalEntry): Visit | null {
    const { world, throttle } = this.#parts;
    const user = mailboxOf(world, host === 'api' ? segments.slice(1) : segments);
    entry.user = user?.id ?? null;
    if (user === null || (host === 'preauthenticated' && !world.switches.throttlePreauthenticated)) return null;
    return throttle.enter(user.id);
  }

  async #body({ host, method, readBody }: Incoming, visit: Visit | null, entry: JournalEntry): Promise<Buffer> {
    const limit = host === 'api' ? this.#parts.world.limits.requestBytes : PREAUTHENTICATED_BYTES;
    const body = await readBody(limit);
    if (body === null) throw new SimError(413, 'BadRequest', 'The maximum request length supported is 4MB.');
    entry.requestBytes = body.length;
    if (['POST', 'PATCH', 'PUT'].includes(method)) visit?.upload(body.length);
    return body;
  }

  #signIn({ method, url }: Incoming, body: Buffer): SimAnswer {
    const { signIn, origin } = this.#parts;
    return signIn(method, new URL(origin + url), body) ?? { status: 404 };
  }

  async #route(incoming: Incoming, target: Target, fromToken: readonly string[], body: Buffer): Promise<Outcome> {
    const { directory, routes, preauthenticated, origin, preauthenticatedOrigin } = this.#parts;
    const { headers, host } = incoming;
    const method = knownMethod(incoming.method);
    if (method === undefined) throw methodNotAllowed('GET, POST, PATCH, PUT, DELETE');
    const { query } = target;
    const given = { method, query, headers, body, origin, preauthenticatedOrigin };
    if (target.segments === null) throw badRequest('The request URI is not valid.');
    if (host === 'preauthenticated') {
      // Microsoft: "don't include an Authorization header", its token is not for this host.
      if (headers.authorization !== undefined) throw unauthorized('Access token validation failure. Invalid audience.');
      const request = { ...given, version: 'v1.0', segments: target.segments, roles: [] } as const;
      return directory.download(target.path, query) ?? preauthenticated(request) ?? { status: 404 };
    }

    const { version, segments } = belowVersion(target.segments);
    if (segments[0] === '$batch' && segments.length === 1) {
      if (method !== 'POST' || incoming.inBatch) throw methodNotAllowed('POST');
      return runBatch(body, { version, incoming, world: this.#parts.world, handle: (inner) => this.handle(inner) });
    }
    const { authorization } = headers;
    const { roles } = checkAccess({ method, segments, authorization }, fromToken, this.#parts);
    const request = { ...given, version, segments, roles };
    const ofDirectory = await directory.route(request);
    if (ofDirectory !== null) return ofDirectory;
    if (segments[0] !== 'api') {
      for (const route of routes) {
        const answer = await route(request);
        if (answer !== null) return answer;
      }
    }
    throw unknownSegment(segments.at(-1) ?? '');
  }

  /** Ends early when the service stops. */
  async #wait(ms: number | undefined): Promise<void> {
    if (ms === undefined || ms <= 0) return;
    const { stopped } = this.#parts;
    await sleep(ms, undefined, { signal: stopped }).catch((error: unknown) => {
      if (!stopped.aborted) throw error;
    });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function faultOutcome(outcome: FaultOutcome, { headers }: Incoming, now: Date, requestId: string): Outcome {
  if (typeof outcome === 'string') return outcome;
  const { status, headers: given = {}, code, message = '', body } = outcome;
  if (code === undefined) return { status, headers: given, ...(body === undefined ? {} : { body }) };
  return { status, headers: given, body: errorBody(code, message, { headers, now, requestId }) };
}
