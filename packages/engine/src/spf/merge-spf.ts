import { isSpf, type SpfTerm, spfKey, spfTerms } from './parse-spf.ts';

/**
 * One SPF record that allows what `record` allows and what `wanted` asks for: two records would be an error (RFC 7208 section 4.5). What
 * is new goes before the `all` or `redirect` of the old record, whose policy stays: who merges does not decide what becomes of mail from
 * elsewhere. A `redirect` that is wanted becomes an `include`, as a record has one at most, and an `all` ends it. null: there is none yet.
 *
 * Terms that are in both are there once; where only the qualifier differs the wanted one replaces the old one.
 */
export function mergeSpf(record: string | null, wanted: string): string {
  if (record === null || !isSpf(record)) return wanted;
  if (!isSpf(wanted)) return record;
  const additions = spfTerms(wanted).flatMap(additionOf);
  const replaced = new Map(additions.map((text) => [keyOf(text), text]));
  const kept = spfTerms(record).map((term) => sameButForQualifier(term, replaced.get(spfKey(term))));
  const present = new Set(spfTerms(record).map(spfKey));
  const missing = additions.filter((text, index) => {
    const key = keyOf(text);
    return !present.has(key) && additions.findIndex((other) => keyOf(other) === key) === index;
  });
  const end = spfTerms(record).findIndex(isEnd);
  const at = end === -1 ? kept.length : end;
  return ['v=spf1', ...kept.slice(0, at), ...missing, ...kept.slice(at)].join(' ');
}

function additionOf(term: SpfTerm): string[] {
  if (term.kind === 'mechanism') return term.name === 'all' ? [] : [term.text];
  if (term.kind === 'modifier' && term.name === 'redirect') return [`include:${term.value}`];
  // exp= and what is not known stay where they are: they say nothing about who may send.
  return [];
}

function sameButForQualifier(old: SpfTerm, wanted: string | undefined): string {
  if (wanted === undefined || old.kind !== 'mechanism') return old.text;
  const [term] = spfTerms(`v=spf1 ${wanted}`);
  return term?.kind === 'mechanism' && term.qualifier !== old.qualifier ? wanted : old.text;
}

/** Where a record stops being read: nothing behind it counts. */
function isEnd(term: SpfTerm): boolean {
  return (term.kind === 'mechanism' && term.name === 'all') || (term.kind === 'modifier' && ENDS.has(term.name));
}

const ENDS: ReadonlySet<string> = new Set(['redirect', 'exp']);

function keyOf(text: string): string {
  const [term] = spfTerms(`v=spf1 ${text}`);
  return term === undefined ? text : spfKey(term);
}
