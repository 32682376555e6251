/** JSON batching of Graph: each request inside is one of its own, for the limits, the faults and the journal. */
import { z } from 'zod';
import { badRequest, encodeBody, type Outcome } from './answers.ts';
import type { SimAnswer } from './route.ts';
import type { Incoming } from './service.ts';
import type { SimWorld } from './sim-world.ts';

const part = z.looseObject({
  id: z.string().min(1),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).optional(),
});
const batch = z.looseObject({ requests: z.array(part).min(1) });

type Part = z.infer<typeof part>;

export interface BatchContext {
  version: 'v1.0' | 'beta';
  /** The request that the batch came in. */
  incoming: Incoming;
  world: SimWorld;
  handle(incoming: Incoming): Promise<Outcome>;
}

interface PartAnswer {
  id: string;
  status: number;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
}

/** Where a request inside has its connection reset or gets no answer, so does the whole, after all of them. */
export async function runBatch(body: Buffer, context: BatchContext): Promise<Outcome> {
  const parts = read(body, context.world.limits.batchRequests);
  const outcomes = new Map<string, Outcome>();
  const failed = (id: string): boolean => {
    const outcome = outcomes.get(id);
    return outcome === undefined || typeof outcome === 'string' || outcome.status >= 400;
  };
  const waiting = [...parts];
  const ready = (): Part | undefined => {
    const index = waiting.findIndex(({ dependsOn = [] }) => dependsOn.every((id) => outcomes.has(id)));
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const running = new Set<Promise<void>>();
  const run = async (next: Part): Promise<void> => {
    const outcome = next.dependsOn?.some(failed) ? FAILED_DEPENDENCY : await context.handle(inner(next, context));
    outcomes.set(next.id, outcome);
  };
  while (waiting.length > 0 || running.size > 0) {
    const next = running.size < context.world.switches.batchParallel ? ready() : undefined;
    if (next === undefined) {
      if (running.size === 0) throw badRequest('The dependencies of the batch requests form a circle.');
      await Promise.race(running);
      continue;
    }
    const one = run(next).finally(() => running.delete(one));
    running.add(one);
  }

  const answers: PartAnswer[] = [];
  for (const [id, outcome] of outcomes) {
    if (typeof outcome === 'string') return outcome;
    answers.push(partAnswer(id, outcome));
  }
  return { status: 200, body: { responses: ordered(answers, context.world) } };
}

const FAILED_DEPENDENCY: SimAnswer = {
  status: 424,
  body: { error: { code: 'FailedDependency', message: 'This request depends on a request that failed.' } },
};

function read(body: Buffer, most: number): readonly Part[] {
  const { requests } = parse(body);
  if (requests.length > most) throw badRequest(`Number of batch request steps exceeds the maximum value of ${most}.`);
  const ids = new Set<string>();
  for (const { id, url, dependsOn = [], body: content, headers = {} } of requests) {
    const key = id.toLowerCase();
    if (ids.has(key)) throw badRequest(`The batch request id : ${id} is not unique.`);
    ids.add(key);
    if (!url.startsWith('/')) throw badRequest(`Invalid url in batch request id : ${id}; it must be relative.`);
    const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
    if (content !== undefined && !hasType) {
      throw badRequest(`Write request id : ${id} does not contain Content-Type header or body.`);
    }
    if (dependsOn.some((other) => !requests.some((request) => request.id === other))) {
      throw badRequest(`Invalid dependsOn in batch request id : ${id}.`);
    }
  }
  return requests;
}

function parse(body: Buffer): z.infer<typeof batch> {
  let json: unknown = null;
  try {
    json = JSON.parse(body.toString());
  } catch {
    // Refused below, as any other payload that is none.
  }
  const result = batch.safeParse(json);
  if (!result.success) throw badRequest('Invalid batch payload format.');
  return result.data;
}

function inner({ method, url, headers = {}, body }: Part, { version, incoming }: BatchContext): Incoming {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = incoming.headers.authorization;
  return {
    host: 'api',
    method: method.toUpperCase(),
    url: `/${version}${url}`,
    headers: { ...own, ...(authorization === undefined ? {} : { authorization }) },
    inBatch: true,
    readBody: async () => contentOf(body, own['content-type'] ?? ''),
    closed: incoming.closed,
  };
}

/** JSON as it is; anything else comes as text or base64. */
function contentOf(body: unknown, type: string): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body));
  return type.startsWith('text/') ? Buffer.from(body) : Buffer.from(body, 'base64');
}

function partAnswer(id: string, { status, headers = {}, body }: SimAnswer): PartAnswer {
  const { bytes, type } = encodeBody(body);
  const typed = type === null ? headers : { 'content-type': type, ...headers };
  const named = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value]),
  );
  if (body === undefined) return { id, status, headers: named };
  const isJson = typeof body !== 'string' && !Buffer.isBuffer(body);
  return { id, status, headers: named, body: isJson ? body : bytes.toString('base64') };
}

function ordered(answers: readonly PartAnswer[], { switches, random }: SimWorld): readonly PartAnswer[] {
  if (!switches.batchShuffled) return answers.toSorted((a, b) => a.id.localeCompare(b.id));
  return answers
    .map((answer) => ({ answer, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ answer }) => answer);
}
