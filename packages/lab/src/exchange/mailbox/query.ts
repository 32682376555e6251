import { SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { propertyId } from './extended.ts';
import { type Filter, parseFilter } from './filter.ts';

export interface Query {
  select: ReadonlySet<string> | null;
  expand: Expand;
  filter: Filter | null;
  orderBy: { path: string; descending: boolean } | null;
  top: number;
  skip: number;
  count: boolean;
}

export interface Expand {
  /** Canonical ids; null: not asked for. */
  single: readonly string[] | null;
  multi: readonly string[] | null;
  /** null: not asked for; else the properties, or all. */
  attachments: ReadonlySet<string> | 'all' | null;
}

const OPTIONS = new Set([
  '$select',
  '$expand',
  '$filter',
  '$orderby',
  '$top',
  '$skip',
  '$skiptoken',
  '$count',
  'includehiddenfolders',
]);
const DEFAULT_TOP = 10;
const MAXIMUM_TOP = 1000;
const SLOW_TOP = 250;

/** The system query options of a request. Throws SimError. `properties`: what $select may name. */
export function queryOf(
  world: Pick<SimWorld, 'switches'>,
  request: Pick<SimRequest, 'query'>,
  properties: ReadonlySet<string>,
): Query {
  const given = new Map<string, string>();
  for (const [name, value] of request.query) {
    const option = name.toLowerCase();
    if (!OPTIONS.has(option) && name.startsWith('$')) throw invalid(`The query parameter '${name}' is not supported.`);
    if (given.has(option)) throw invalid(`Query option '${name}' was specified more than once.`);
    given.set(option, value);
  }
  const expand = expandOf(given.get('$expand'));
  const filter = given.get('$filter');
  const query: Query = {
    select: selectOf(given.get('$select'), properties),
    expand,
    filter: filter === undefined ? null : parseFilter(filter),
    orderBy: orderOf(given.get('$orderby')),
    top: topOf(world, given.get('$top')),
    skip: skipOf(given.get('$skip'), given.get('$skiptoken')),
    count: given.get('$count')?.toLowerCase() === 'true',
  };
  const expands = expand.single !== null || expand.multi !== null || expand.attachments !== null;
  if (world.switches.slowExpand && expands && query.top > SLOW_TOP) throw new SimError(504, 'UnknownError', '');
  return query;
}

/** The same request for the messages after the first `skip`. */
export function nextLink(world: Pick<SimWorld, 'switches'>, request: SimRequest, skip: number): string {
  const path = request.segments.map(encodeURIComponent).join('/');
  const options = [...request.query].filter(([name]) => !/^\$skip(token)?$/i.test(name));
  const on: [string, string] =
    world.switches.nextLinkBy === 'skip'
      ? ['$skip', String(skip)]
      : ['$skiptoken', Buffer.from(`m~${skip}`).toString('base64url')];
  const query = [...options, on]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return `${request.origin}/${request.version}/${path}?${query}`;
}

function selectOf(given: string | undefined, properties: ReadonlySet<string>): ReadonlySet<string> | null {
  if (given === undefined || given.trim() === '') return null;
  const names = given.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!properties.has(name)) throw invalid(`Could not find a property named '${name}' on the type.`);
  }
  return new Set(names);
}

function topOf(world: Pick<SimWorld, 'switches'>, given: string | undefined): number {
  if (given === undefined) return DEFAULT_TOP;
  const top = Number(given);
  if (!/^\d+$/.test(given) || top === 0) throw invalid(`Invalid value '${given}' for $top query option found.`);
  if (top <= MAXIMUM_TOP) return top;
  if (world.switches.topAboveMaximum === 'clamped') return MAXIMUM_TOP;
  throw invalid(`The value of $top must be at most ${MAXIMUM_TOP}.`);
}

function skipOf(skip: string | undefined, token: string | undefined): number {
  const given =
    token === undefined ? (skip ?? '0') : (/^m~(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1] ?? '');
  if (!/^\d+$/.test(given)) throw invalid('Invalid value for $skip query option found.');
  return Number(given);
}

function orderOf(given: string | undefined): Query['orderBy'] {
  if (given === undefined) return null;
  const match = /^\s*([A-Za-z]+)(?:\s+(asc|desc))?\s*$/i.exec(given);
  if (match?.[1] === undefined) throw invalid(`The $orderby expression '${given}' is not supported.`);
  return { path: match[1], descending: match[2]?.toLowerCase() === 'desc' };
}

function expandOf(given: string | undefined): Expand {
  const expand: Expand = { single: null, multi: null, attachments: null };
  for (const part of given === undefined ? [] : splitTop(given, ',')) {
    const match = /^\s*([A-Za-z]+)\s*(?:\((.*)\))?\s*$/s.exec(part);
    const options = new Map(
      splitTop(match?.[2] ?? '', ';').map((option): [string, string] => {
        const equals = option.indexOf('=');
        return [option.slice(0, equals).trim().toLowerCase(), option.slice(equals + 1).trim()];
      }),
    );
    switch (match?.[1]) {
      case 'singleValueExtendedProperties':
        expand.single = idsOf(options.get('$filter'), 'single');
        break;
      case 'multiValueExtendedProperties':
        expand.multi = idsOf(options.get('$filter'), 'multi');
        break;
      case 'attachments': {
        const names = options.get('$select');
        expand.attachments = names === undefined ? 'all' : new Set(names.split(',').map((name) => name.trim()));
        break;
      }
      default:
        throw invalid(`The $expand expression '${part}' is not supported.`);
    }
  }
  return expand;
}

/** `id eq 'A' or id eq 'B'`; without it Exchange cannot tell which are meant. */
function idsOf(filter: string | undefined, kind: 'single' | 'multi'): string[] {
  if (filter === undefined) throw invalid('Extended properties are expanded with a $filter on their id.');
  const walk = (part: Filter): string[] => {
    if (part.kind === 'or') return part.parts.flatMap(walk);
    if (part.kind === 'compare' && part.path === 'id' && part.operator === 'eq')
      return [propertyId(part.literal.text, kind).canonical];
    throw invalid('Extended properties are expanded with a $filter on their id.');
  };
  return walk(parseFilter(filter));
}

/** Splits where no parenthesis and no quote is open. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [depth, quoted, start] = [0, false, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)].filter((part) => part.trim() !== '');
}

export const invalid = (words: string): SimError => new SimError(400, 'ErrorInvalidUrlQuery', words);
