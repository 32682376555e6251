import { SimError } from '../route.ts';
import { propertyId, propertyValue } from './extended.ts';
import type { Filter, Literal, Operator } from './filter.ts';
import type { SimItem } from './item.ts';
import type { Lookups } from './lookups.ts';
import { extendedValue, hasAttachments } from './message-view.ts';

/** What messages can be filtered by: texts and booleans by eq/ne, dates and numbers by all. */
const READ: Readonly<Record<string, (item: SimItem) => string | boolean | number>> = {
  internetMessageId: (item) => item.internetMessageId,
  conversationId: (item) => item.conversationId,
  subject: (item) => item.subject ?? '',
  importance: (item) => item.importance,
  'from/emailAddress/address': (item) => item.from?.address ?? '',
  'flag/flagStatus': (item) => item.flag.flagStatus,
  isRead: (item) => item.isRead,
  isDraft: (item) => item.isDraft,
  hasAttachments,
  receivedDateTime: (item) => second(item.received),
  sentDateTime: (item) => second(item.sent),
  createdDateTime: (item) => second(item.created),
  lastModifiedDateTime: (item) => second(item.modified),
};

/** Filters compare what Graph shows: whole seconds. */
const second = (ms: number): number => Math.floor(ms / 1000) * 1000;

export type Test = (item: SimItem) => boolean;

/** A test by the filter. Throws ErrorInvalidUrlQueryFilter. */
export function testOf(filter: Filter): Test {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.parts.map(testOf);
      return (item) => tests.every((test) => test(item));
    }
    case 'or': {
      const tests = filter.parts.map(testOf);
      return (item) => tests.some((test) => test(item));
    }
    case 'not': {
      const test = testOf(filter.part);
      return (item) => !test(item);
    }
    case 'property': {
      const { canonical, value } = propertyOf(filter);
      return (item) => {
        const there = extendedValue(item, canonical);
        return there !== null && compare(there.toLowerCase(), filter.operator, value.toLowerCase());
      };
    }
    case 'compare': {
      const read = Object.hasOwn(READ, filter.path) ? READ[filter.path] : undefined;
      if (read === undefined)
        throw refused(`Could not find a property named '${filter.path}' on type 'Microsoft.OutlookServices.Message'.`);
      const literal = literalOf(filter.path, filter.literal);
      return (item) => compare(read(item), filter.operator, literal);
    }
  }
}

/** Messages among which all that fit are, found by an index; null: there is none for this filter. */
export function candidates(filter: Filter, lookups: Lookups): Iterable<SimItem> | null {
  switch (filter.kind) {
    case 'compare':
      return filter.path === 'internetMessageId' && filter.operator === 'eq'
        ? lookups.messageId(filter.literal.text)
        : null;
    case 'property': {
      const { canonical, value } = propertyOf(filter);
      return filter.operator === 'eq' && / \{/.test(canonical) ? lookups.property(canonical, value) : null;
    }
    case 'and': {
      for (const part of filter.parts) {
        const found = candidates(part, lookups);
        if (found !== null) return found;
      }
      return null;
    }
    case 'or': {
      const found = filter.parts.map((part) => candidates(part, lookups));
      return found.includes(null) ? null : new Set(found.flatMap((items) => [...(items ?? [])]));
    }
    case 'not':
      return null;
  }
}

/** The dates of receiving that every match has: at or after `low`, before `high`. */
export function datesOf(filter: Filter): { low: number; high: number } {
  const all = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (filter.kind === 'and') {
    return filter.parts
      .map(datesOf)
      .reduce((left, right) => ({ low: Math.max(left.low, right.low), high: Math.min(left.high, right.high) }), all);
  }
  if (filter.kind !== 'compare' || filter.path !== 'receivedDateTime') return all;
  const date = Date.parse(filter.literal.text);
  const { operator } = filter;
  return {
    low: operator === 'ge' || operator === 'gt' || operator === 'eq' ? date : all.low,
    high: operator === 'le' || operator === 'lt' || operator === 'eq' ? date + 1000 : all.high,
  };
}

function propertyOf(filter: Extract<Filter, { kind: 'property' }>): { canonical: string; value: string } {
  const id = propertyId(filter.id);
  return { canonical: id.canonical, value: id.type === 'SystemTime' ? propertyValue(id, filter.value) : filter.value };
}

function compare<T extends string | boolean | number>(left: T, operator: Operator, right: T): boolean {
  switch (operator) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
  }
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** A literal of the type of the path. Dates stand without quotes, texts with them. */
function literalOf(path: string, literal: Literal): string | boolean | number {
  if (path.endsWith('DateTime')) {
    const date = Date.parse(literal.text);
    if (literal.kind === 'word' && DATE.test(literal.text) && !Number.isNaN(date)) return date;
  } else if (path.startsWith('is') || path.startsWith('has')) {
    if (literal.kind === 'word' && /^(true|false)$/.test(literal.text)) return literal.text === 'true';
  } else if (literal.kind === 'text') {
    return literal.text;
  }
  throw refused(`A binary operator with incompatible types was detected at '${path}'.`);
}

const refused = (words: string): SimError => new SimError(400, 'ErrorInvalidUrlQueryFilter', words);
