import { dnsName, type LookupResult } from '@mxodus/model';
import { isSpf, type SpfTerm, spfTerms } from './parse-spf.ts';

/** RFC 7208 section 4.6.4: a receiver that needs more gives up, and the record counts as an error. */
export const SPF_LOOKUPS = 10;
export const SPF_VOIDS = 2;
/** Octets: with more the answer may not fit into 512 octets of UDP (RFC 7208 section 3.4). */
export const SPF_LENGTH = 450;

/** Something the cost of a record depends on. */
export interface SpfQuestion {
  /** Where the answer is looked for: the name for a TXT, `a:` or `mx:` and the name for the others. */
  key: string;
  name: string;
  type: 'TXT' | 'A' | 'MX';
}

export interface SpfCost {
  /** Terms that make a receiver ask DNS, of the record and of all it includes. */
  lookups: number;
  /** Of these, those that ask for what is not there. */
  voids: number;
  /** Anybody may send. */
  allowsAll: boolean;
  /** Why receivers take the record for an error, beside its cost. */
  faults: readonly string[];
  /** What could not be looked up: the true cost may be higher. */
  unknown: readonly string[];
  /** Every ip4 and ip6 that is allowed, and the names of every include, of the record and of all it includes. */
  networks: readonly string[];
  includes: readonly string[];
  /** The hosts that are allowed as `a` and `mx`: keys as of SpfQuestion. */
  hosts: readonly string[];
}

/** What has to be asked to know the cost of one record; names made from macros cannot be. */
export function spfQuestions(record: string, domain: string): SpfQuestion[] {
  return costly(record).flatMap((term) => questionOf(term, domain) ?? []);
}

/** What the record costs a receiver that needs all of its terms. `answers`: by the `key` of each question. */
export function spfCost(record: string, domain: string, answers: Readonly<Record<string, LookupResult>>): SpfCost {
  const found = {
    ...{ lookups: 0, voids: 0, allowsAll: false },
    ...{ faults: new Set<string>(), unknown: new Set<string>() },
    ...{ networks: new Set<string>(), includes: new Set<string>(), hosts: new Set<string>() },
  };
  const walk = (text: string, at: string, way: readonly string[]): void => {
    for (const term of read(text)) {
      if (term.kind === 'unknown') found.faults.add(`"${term.text}" of ${at} is no SPF term`);
      if (term.kind !== 'mechanism') continue;
      if (term.name === 'all' && term.qualifier === '+') found.allowsAll = true;
      if ((term.name === 'ip4' || term.name === 'ip6') && term.qualifier === '+') found.networks.add(term.value);
    }
    for (const term of costly(text)) {
      found.lookups += 1;
      // A record that includes itself costs without end; it is over the limit already.
      if (found.lookups > 10 * SPF_LOOKUPS) return;
      const question = questionOf(term, at);
      if (question !== null) answered(term, question, [...way, at]);
    }
  };
  const answered = (term: SpfTerm, { key, name, type }: SpfQuestion, way: readonly string[]): void => {
    if (type === 'TXT') found.includes.add(name);
    else if (term.kind === 'mechanism' && term.qualifier === '+') found.hosts.add(key);
    const answer = answers[key];
    if (answer === undefined || answer.kind === 'error') {
      found.unknown.add(`${type} of ${name}${answer === undefined ? '' : `: ${answer.why}`}`);
      return;
    }
    if (answer.kind === 'absent') found.voids += 1;
    const records = answer.kind === 'answer' ? answer.records : [];
    if (type === 'MX' && records.length > 10) found.faults.add(`${name} has more than 10 MX hosts`);
    if (type !== 'TXT') return;
    const [next, ...others] = records.filter(isSpf);
    if (next === undefined) found.faults.add(`${term.text}: ${name} has no SPF record`);
    else if (others.length > 0) found.faults.add(`${term.text}: ${name} has more than one SPF record`);
    else if (way.includes(name)) found.faults.add(`${term.text}: ${name} includes itself`);
    else walk(next, name, way);
  };
  walk(record, dnsName(domain), []);
  const { lookups, voids, allowsAll, faults, unknown, networks, includes, hosts } = found;
  return {
    ...{ lookups, voids, allowsAll },
    ...{ faults: [...faults], unknown: [...unknown] },
    ...{ networks: [...networks], includes: [...includes], hosts: [...hosts] },
  };
}

/** The terms a receiver reads: those up to `all`. */
function read(record: string): SpfTerm[] {
  const terms = spfTerms(record);
  const all = terms.findIndex((term) => term.kind === 'mechanism' && term.name === 'all');
  return all === -1 ? terms : terms.slice(0, all + 1);
}

const COSTLY: ReadonlySet<string> = new Set(['include', 'a', 'mx', 'ptr', 'exists']);

function costly(record: string): SpfTerm[] {
  const terms = read(record);
  const mechanisms = terms.filter((term) => term.kind === 'mechanism' && COSTLY.has(term.name));
  // Where there is an `all` a redirect is not looked at (RFC 7208 section 6.1), wherever it is.
  const redirect = terms.some((term) => term.kind === 'mechanism' && term.name === 'all')
    ? undefined
    : terms.find((term) => term.kind === 'modifier' && term.name === 'redirect');
  return redirect === undefined ? mechanisms : [...mechanisms, redirect];
}

function questionOf(term: SpfTerm, domain: string): SpfQuestion | null {
  if (term.kind === 'unknown' || term.value.includes('%')) return null;
  const name = dnsName(term.value.replace(/\/.*$/, '') || domain);
  switch (term.name) {
    case 'include':
    case 'redirect':
      return { key: name, name, type: 'TXT' };
    case 'a':
      return { key: `a:${name}`, name, type: 'A' };
    case 'mx':
      return { key: `mx:${name}`, name, type: 'MX' };
    default:
      return null;
  }
}
