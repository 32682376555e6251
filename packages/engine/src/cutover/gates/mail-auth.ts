import { type DomainPlan, dnsName, type Gate, type LookupResult } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { MailAuthFacts } from '../facts.ts';
import { type Finding, firstOf, judged, LOOK_AGAIN, notAsked, recordsOf } from './findings.ts';
import type { GateInputs } from './gate.ts';
import { mtaStsFindings } from './mta-sts.ts';
import { spfFindings } from './spf-findings.ts';

const GATE = { id: 'G5', name: 'mail authentication' };

/** G5: SPF, DKIM, DMARC and MTA-STS as they will be with the new hosts. Red only where mail to the new hosts would be refused. */
export function mailAuthGate({ plan, facts }: GateInputs): Gate {
  if (facts === null) return notAsked(GATE);
  const findings = plan.domains.flatMap((domain): Finding[] => {
    const own = facts.mailAuth.find((one) => one.domain === domain.domain);
    if (own === undefined) {
      const unknown: Finding = { status: 'unknown', why: `${domain.domain}: not asked`, fix: 'check again' };
      return moves(domain) ? [unknown] : [];
    }
    return [
      ...spfFindings(domain, own),
      ...dkimFindings(domain, own),
      ...dmarcFindings(domain, own),
      ...mtaStsFindings(domain, own),
    ];
  });
  return judged(GATE, findings, 'SPF, DKIM, DMARC and MTA-STS fit the new hosts');
}

/** TXT records of a name as they are when the switch comes: the plan may change them before, or with it. */
function txtAtSwitch({ others = [] }: DomainPlan, name: string, live: LookupResult): LookupResult {
  const planned = others.find((one) => one.type === 'TXT' && dnsName(one.name) === name && one.when !== 'restore');
  if (planned === undefined) return live;
  const { ttl, records } = planned.after;
  return records.length === 0 ? { kind: 'absent', negativeTtl: null } : { kind: 'answer', ttl, records, secure: false };
}

/** A selector that is there and has a key; an empty one is a key that was withdrawn (RFC 6376 section 3.6.1). */
function hasKey(result: LookupResult): boolean {
  return recordsOf(result).some((record) => /(^|;)\s*p=\s*[^;\s]/.test(record));
}

function dkimFindings(plan: DomainPlan, { domain, dkim }: MailAuthFacts): Finding[] {
  const selectors = Object.entries(dkim).filter(([selector, live]) => !hasDkim(plan, selector, live));
  return selectors.map(([selector, live]) => {
    const about = `${domain}: the DKIM key of selector ${selector}`;
    if (live.kind === 'error')
      return { status: 'amber', why: `${about} could not be looked up: ${live.why}`, fix: LOOK_AGAIN };
    const why = `${about} is ${live.kind === 'absent' ? 'not there' : 'no key, or was withdrawn'}`;
    return { status: 'amber', why, fix: `publish ${selector}._domainkey.${domain} as the new mail system says` };
  });
}

/** In the zone already, or made by the plan before the switch: as a key, or as an alias of one. */
function hasDkim(plan: DomainPlan, selector: string, live: LookupResult): boolean {
  const name = `${selector}._domainkey.${plan.domain}`;
  const alias = (plan.others ?? []).some(
    (one) =>
      one.type === 'CNAME' && dnsName(one.name) === name && one.when !== 'restore' && one.after.records.length > 0,
  );
  return alias || hasKey(txtAtSwitch(plan, name, live));
}

function dmarcFindings(plan: DomainPlan, { domain, dmarc, dkim }: MailAuthFacts): Finding[] {
  const result = txtAtSwitch(plan, `_dmarc.${domain}`, dmarc);
  if (result.kind === 'error') {
    return [
      { status: 'amber', why: `${domain}: its DMARC policy could not be looked up: ${result.why}`, fix: LOOK_AGAIN },
    ];
  }
  const policies = recordsOf(result).filter((record) => /^v=DMARC1\s*(;|$)/i.test(record));
  if (policies.length > 1) {
    const fix = 'keep one: with several there is no policy (RFC 7489 section 6.6.3)';
    return [{ status: 'amber', why: `${domain}: has ${policies.length} DMARC records`, fix }];
  }
  const policy = /;\s*p\s*=\s*(reject|quarantine)/i.exec(policies[0] ?? '')?.[1]?.toLowerCase();
  if (policy === undefined || !moves(plan)) return [];
  const selectors = Object.entries(dkim);
  if (selectors.some(([selector, live]) => hasDkim(plan, selector, live))) return [];
  const named =
    selectors.length === 0
      ? 'none is named in the config'
      : `not there: ${firstOf(
          selectors.map(([name]) => name),
          ', ',
        )}`;
  const why = `${domain}: DMARC says p=${policy}, and no DKIM selector of the new servers is known to be there (${named})`;
  const fix = `switch DKIM on at the new side before people send from there, and name the selectors in domains.${domain}.dkim`;
  return [{ status: 'amber', why, fix }];
}
