import {
  type AdvisedRecord,
  canonicalRecord,
  canonicalRrset,
  type DomainConfig,
  dnsName,
  MxodusError,
  type OtherRecordConfig,
  type Rrset,
  type RrsetName,
  type RrsetPlan,
  sameRecords,
} from '@mxodus/model';
import { mergeSpf } from '../spf/merge-spf.ts';
import { isSpf } from '../spf/parse-spf.ts';
import { rrsetKey } from './change-groups.ts';

/** What a config, or the new mail system, wants of one RRset beside the MX. */
interface Wanted extends RrsetName {
  when: RrsetPlan['when'];
  ttl: number;
  why: string;
  /** The records to have, from those that are there. */
  make: (before: readonly string[]) => string[];
}

/** Strings that begin so say what they are, and there is one of them at a name (RFC 7208, 8461, 8460, 7489, 6376). */
const TXT_TAGS = ['v=spf1', 'v=stsv1', 'v=tlsrptv1', 'v=dmarc1', 'v=dkim1'];

/** An alias has nothing beside it (RFC 1034 section 3.6.2). */
const BESIDE_ALIAS = ['A', 'AAAA'] as const;

type Source = { domain: string; config: DomainConfig; advised?: readonly AdvisedRecord[] };

/** Every RRset of the domain that has to be observed to plan it: its MX first. */
export function rrsetsToObserve(source: Source): RrsetName[] {
  const wanted = wantedOf(source).flatMap(({ name, type }) => [{ name, type }, ...inTheWayOf({ name, type })]);
  const all: RrsetName[] = [{ name: dnsName(source.domain), type: 'MX' }, ...wanted];
  return [...new Map(all.map((rrset) => [rrsetKey(rrset), rrset])).values()];
}

/**
 * The RRsets that change beside the MX, and the advice that is left to people. An RRset that is there keeps its TTL.
 * @param served what every server serves of an RRset; throws where that is not known
 */
export function planRecords(
  source: Source,
  served: (rrset: RrsetName) => Rrset,
): { others: RrsetPlan[]; advised: AdvisedRecord[]; warnings: string[] } {
  const wanted = wantedOf(source);
  const warnings: string[] = [];
  const others = new Map<string, RrsetPlan>();
  for (const { name, type, when, ttl, why, make } of wanted) {
    const before = served({ name, type });
    const known = others.get(rrsetKey({ name, type }));
    if (known !== undefined && known.when !== when) throw changedTwice({ name, type });
    const records = make(known?.after.records ?? before.records);
    const after = canonicalRrset(type, { ttl: before.records.length > 0 ? before.ttl : ttl, records });
    others.set(rrsetKey({ name, type }), { name, type, when, before: copy(before), after: copy(after), why });
  }
  for (const rrset of [...others.values()]) {
    for (const other of rrset.after.records.length === 0 ? [] : inTheWayOf(rrset)) {
      const before = served(other);
      if (before.records.length === 0 || others.has(rrsetKey(other))) continue;
      const after = { ttl: before.ttl, records: [] };
      const why = `${rrset.type} and ${other.type} cannot both be at ${rrset.name}`;
      others.set(rrsetKey(other), { ...other, when: rrset.when, before: copy(before), after, why });
      warnings.push(`${other.name}: its ${other.type} is removed, because ${why}`);
    }
  }
  const changed = [...others.values()].filter(({ before, after }) => !sameRecords(before.records, after.records));
  const made = new Set(wanted.map(rrsetKey));
  return { others: changed, advised: (source.advised ?? []).filter((record) => !made.has(rrsetKey(record))), warnings };
}

function wantedOf(source: Source): Wanted[] {
  const domain = dnsName(source.domain);
  const configured = source.config.records.map((record) => ofConfig(record, domain));
  if (source.config.advised !== 'make') return configured;
  // What the config says of an RRset goes before what the mail system asks for; an SPF is merged into it.
  const known = new Set(configured.map(rrsetKey));
  const advised = (source.advised ?? []).flatMap((record) => ofAdvice(record));
  return [...configured, ...advised.filter((record) => record.type === 'TXT' || !known.has(rrsetKey(record)))].map(
    (record, _index, all) => ({
      ...record,
      when: all.find((first) => rrsetKey(first) === rrsetKey(record))?.when ?? record.when,
    }),
  );
}

function ofConfig({ name, type, values, ttl, when }: OtherRecordConfig, domain: string): Wanted {
  const canonical = values.map((value) => canonicalRecord(type, value));
  return {
    ...{ name: recordName(name, domain), type, when, ttl, why: 'the config' },
    make: (before) => (type === 'TXT' && canonical.length > 0 ? withTexts(before, canonical) : canonical),
  };
}

function ofAdvice({ type, name, value, ttl }: AdvisedRecord): Wanted[] {
  const why = 'the new mail system asks for it';
  if (type === 'TXT' && isSpf(value)) {
    const make = (before: readonly string[]): string[] => {
      const spf = before.filter(isSpf);
      return spf.length > 1 ? [...before] : withTexts(before, [mergeSpf(spf[0] ?? null, value)]);
    };
    return [{ name: dnsName(name), type, when: 'stage', ttl, why, make }];
  }
  if (type === 'CNAME' && dnsName(name).startsWith('autodiscover.')) {
    return [{ name: dnsName(name), type, when: 'switch', ttl, why, make: () => [canonicalRecord(type, value)] }];
  }
  return [];
}

/** Each text replaces the one that begins with the same tag and leaves the others. */
function withTexts(before: readonly string[], texts: readonly string[]): string[] {
  return texts.reduce<string[]>(
    (all, text) => {
      const tag = tagOf(text);
      const others = all.filter((old) => old !== text && (tag === null || tagOf(old) !== tag));
      return [...others, text];
    },
    [...before],
  );
}

function tagOf(text: string): string | null {
  const begin = text.toLowerCase().split(/[\s;]/, 1)[0] ?? '';
  return TXT_TAGS.find((tag) => tag === begin) ?? null;
}

function inTheWayOf({ name, type }: RrsetName): RrsetName[] {
  if (type === 'CNAME') return BESIDE_ALIAS.map((beside) => ({ name, type: beside }));
  return BESIDE_ALIAS.some((beside) => beside === type) ? [{ name, type: 'CNAME' }] : [];
}

/** The full name of a record of the config: `@` is the domain, and a name that does not end in it is relative to it. */
export function recordName(name: string, domain: string): string {
  const plain = dnsName(name);
  if (plain === '@') return domain;
  return plain === domain || plain.endsWith(`.${domain}`) || name.endsWith('.') ? plain : `${plain}.${domain}`;
}

function changedTwice({ name, type }: RrsetName): MxodusError {
  return new MxodusError('CONFIG_INVALID', {
    what: `the ${type} records of ${name} are to change at two times`,
    why: 'an RRset is changed as a whole, once',
    advice: 'give all `records` of one name and type the same `when`',
  });
}

function copy({ ttl, records }: Rrset): { ttl: number; records: string[] } {
  return { ttl, records: [...records] };
}
