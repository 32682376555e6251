import { MxodusError, type Rrset, type RrsetChange, type RrsetName, sameRrset } from '@mxodus/model';

/** A change, and what is there now. */
export type FoundChange<Live extends Rrset = Rrset> = RrsetChange & { live: Live };

/**
 * What is to be done with changes that only go together.
 *
 *   what is there               verdict
 *   all as after the change     done
 *   all as before it            change
 *   anything else               conflict
 */
export type Verdict = { kind: 'done' } | { kind: 'change' } | { kind: 'conflict'; why: string };

export function judgeTogether(found: readonly FoundChange[], service: string): Verdict {
  if (found.every(isDone)) return { kind: 'done' };
  const drifted = found.find(({ live, before }) => !sameRrset(live, before));
  return drifted === undefined ? { kind: 'change' } : { kind: 'conflict', why: driftText(drifted, service) };
}

export const isDone = ({ live, after }: FoundChange): boolean => sameRrset(live, after);

/** "TXT of example.com is "v=spf1 -all" (TTL 300) at Azure, expected …" */
export function driftText({ name, type, live, before }: FoundChange, service: string): string {
  return `${type} of ${name} is ${rrsetWords(live)} at ${service}, expected ${rrsetWords(before)}`;
}

export function rrsetWords({ ttl, records }: Rrset): string {
  return records.length === 0 ? 'not there' : `${records.map((text) => JSON.stringify(text)).join(', ')} (TTL ${ttl})`;
}

/** The service said yes, and then shows something else. */
export function checkReadBack(found: readonly FoundChange[], service: string): void {
  const wrong = found.find((change) => !isDone(change));
  if (wrong === undefined) return;
  throw new MxodusError('DNS_ANSWER', {
    what: `${service} said the change was made, but ${wrong.type} of ${wrong.name} is ${rrsetWords(wrong.live)}`,
    why: `expected ${rrsetWords(wrong.after)}: the service kept the old records, or somebody changed them right after`,
    advice: 'look at the zone there; then run the same command: it looks at the live records first',
  });
}

/** A set the service computes itself, which is more than records. */
export function notPlain({ name, type }: RrsetName, what: string, service: string): MxodusError {
  return new MxodusError('DNS_REFUSED', {
    what: `${type} of ${name} is ${what} at ${service}`,
    why: 'mxodus changes plain records only; nothing was changed',
    advice: 'make it plain records there, or use `provider: manual` for this zone',
  });
}
