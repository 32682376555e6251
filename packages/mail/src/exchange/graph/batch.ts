import { fieldOf, refusalOf, verdictOf } from './answers.ts';
import type { Asked } from './asked.ts';
import { type BatchOutcome, type BatchPart, type GraphAnswer, GraphRefusal } from './graph.ts';
import { type Met, nothingMet } from './graph-line.ts';
import { withPreference } from './headers.ts';
import { byteLength } from './https-pool.ts';
import { retryAfterMs } from './retry-after.ts';

/** JSON batching of Microsoft Graph: the parts share one body, and each counts as a request. */

export const MOST_PARTS = 20;
/** A write may have 4 MB. */
const MOST_BYTES = 3_500_000;
/** What the id and the comma of a part take. */
const PART_BYTES = 16;

export interface WaitingPart {
  /** Its place among all parts. */
  index: number;
  name: string;
  /** As it goes into the body, without its id. */
  json: Readonly<Record<string, unknown>>;
  bytes: number;
  met: Met;
  asked: Asked;
}

export function waitingPart({ method, path, body, headers }: BatchPart, index: number, asked: Asked): WaitingPart {
  const content = body === undefined ? {} : { body };
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const json = { method, url: path, headers: withPreference({ ...type, ...headers }), ...content };
  const name = `${method} ${withoutQuery(path)}`;
  return { index, name, json, bytes: byteLength(JSON.stringify(json)) + PART_BYTES, met: nothingMet(), asked };
}

/** As many as one batch may have, `most` of them; at least one. */
export function nextBatch(waiting: readonly WaitingPart[], most: number): WaitingPart[] {
  let bytes = 0;
  const end = waiting.findIndex((part, place) => {
    bytes += part.bytes;
    return place >= most || (place > 0 && bytes > MOST_BYTES);
  });
  return waiting.slice(0, end === -1 ? waiting.length : end);
}

/** Before parts are sent together. */
export const askedOfAll = (parts: readonly WaitingPart[]): Asked => ({
  maySend: () => {
    for (const { asked } of parts) asked.maySend?.();
  },
  mayCommit: parts.find(({ asked }) => asked.mayCommit !== undefined)?.asked.mayCommit,
});

export const batchBody = (parts: readonly WaitingPart[]): unknown => ({
  requests: parts.map(({ json }, place) => ({ id: String(place), ...json })),
});

/** What came of one part: an outcome, or no more than "not now". */
export type PartAnswer =
  | { kind: 'outcome'; outcome: BatchOutcome }
  | { kind: 'turned-away'; refusal: GraphRefusal; asked: number | null };

/** In the order of the parts; the answers come in any order. null: it is no answer to a batch. */
export function partAnswers(
  { body }: GraphAnswer,
  parts: readonly WaitingPart[],
  secrets: readonly string[],
): PartAnswer[] | null {
  const responses = fieldOf(body, 'responses');
  if (!Array.isArray(responses)) return null;
  const byId = new Map(responses.map((response: unknown) => [String(fieldOf(response, 'id')), response]));
  return parts.map((_, place) => partAnswer(byId.get(String(place)), secrets));
}

function partAnswer(response: unknown, secrets: readonly string[]): PartAnswer {
  const status = fieldOf(response, 'status');
  if (typeof status !== 'number') return { kind: 'turned-away', refusal: NO_ANSWER, asked: null };
  const answer = { status, body: fieldOf(response, 'body') ?? null };
  if (status < 400) return { kind: 'outcome', outcome: { kind: 'answered', answer } };
  const headers = headersOf(fieldOf(response, 'headers'));
  const refusal = refusalOf(answer, headers, secrets);
  if (verdictOf(status, refusal.code) === 'refused')
    return { kind: 'outcome', outcome: { kind: 'refused', error: refusal } };
  return { kind: 'turned-away', refusal, asked: retryAfterMs(headers, Date.now()) };
}

const NO_ANSWER = new GraphRefusal({
  status: 504,
  code: '',
  message: 'a part of a batch got no answer',
  requestId: null,
});

function headersOf(value: unknown): Headers {
  const headers = new Headers();
  if (typeof value !== 'object' || value === null) return headers;
  for (const [name, text] of Object.entries(value)) {
    // What is no header tells nothing.
    if (/^[\w-]+$/.test(name) && typeof text === 'string' && /^[\x20-\x7e]*$/.test(text)) headers.set(name, text);
  }
  return headers;
}

/** The path alone: queries hold what people look for. */
export const withoutQuery = (path: string): string => path.split('?', 1).join('');
