import { badRequest } from './answers.ts';
import type { SimRequest } from './route.ts';

/** A request target taken apart as a web server does: the path decoded segment by segment, the query once ("+" is a space). */
export interface Target {
  path: string;
  /** Without "?". */
  queryText: string;
  query: URLSearchParams;
  /** null: the encoding is broken. */
  segments: readonly string[] | null;
}

export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const queryText = mark < 0 ? '' : url.slice(mark + 1);
  return { path, queryText, query: new URLSearchParams(queryText), segments: decoded(path) };
}

function decoded(path: string): string[] | null {
  try {
    const parts = path.split('/').slice(1);
    if (parts.at(-1) === '') parts.pop();
    return parts.map(decodeURIComponent);
  } catch {
    return null;
  }
}

export const METHODS: readonly SimRequest['method'][] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

export const knownMethod = (method: string): SimRequest['method'] | undefined =>
  METHODS.find((known) => known === method);

/** The version and what is below it. Throws 400. */
export function belowVersion(segments: readonly string[] | null): Pick<SimRequest, 'version' | 'segments'> {
  const [version, ...below] = segments ?? [];
  if (version !== 'v1.0' && version !== 'beta') throw badRequest('Invalid version.');
  if (below.length === 0 || below.includes(''))
    throw badRequest('Empty Path Segment encountered in request URL. Please make sure the request is valid.');
  return { version, segments: below };
}
