import {
  MxodusError,
  type PlanWarning,
  type ProbeResult,
  stopsTheMove,
  type TenantDomain,
  type TenantPermission,
} from '@mxodus/model';

/** What a plan says about a tenant as a whole. */

/** Those that are missing for sure; a mailbox that may not be opened says so itself. */
export const permissionWarnings = (permissions: readonly TenantPermission[], server: string): PlanWarning[] =>
  permissions
    .filter(({ state, need }) => state === 'missing' || (state === 'unproven' && need === 'recommended'))
    .map(({ name, why, state }) => ({
      code: 'PERMISSION',
      text:
        state === 'missing'
          ? `tenant "${server}": the app was not granted ${name}: ${why}`
          : `tenant "${server}": the token does not have ${name} (it may be granted for some mailboxes only): ${why}`,
    }));

/** A sign-in without what nothing works without: null where that is not certain. */
export function permissionTrouble(permissions: readonly TenantPermission[], server: string): MxodusError | null {
  const missing = permissions.filter(({ need, state }) => need === 'writer' && state === 'missing');
  if (missing.length === 0) return null;
  return new MxodusError('PERMISSION_MISSING', {
    what: `the app of server "${server}" was not granted ${missing.map(({ name }) => name).join(' and ')}`,
    why: missing.map(({ why }) => why).join('; '),
    advice: 'add it to the app registration and grant admin consent (docs/exchange.md), then check again',
  });
}

/** null: nothing stops. */
export function probeTrouble({ faults, user, writer }: ProbeResult, server: string): MxodusError | null {
  const stopping = faults.filter(({ fault }) => stopsTheMove(writer, fault));
  if (stopping.length === 0) return null;
  return new MxodusError('TENANT_PROBE_FAILED', {
    what: `tenant "${server}": the test message written by ${writer} is not kept as it has to be (mailbox of ${user})`,
    why: stopping.map(({ words }) => words).join('; '),
    advice:
      writer === 'graph-json'
        ? 'nothing was moved; the tenant no longer keeps messages written this way: set up `imap` with `writer: imap-append` (docs/exchange.md), and report it'
        : 'nothing was moved; use `writer: auto` or `graph-json`',
  });
}

export const probeWarnings = ({ faults, writer, left, user }: ProbeResult, server: string): PlanWarning[] => [
  ...faults
    .filter(({ fault }) => !stopsTheMove(writer, fault))
    .map(({ words }) => ({ code: 'PROBE' as const, text: `tenant "${server}", test message by ${writer}: ${words}` })),
  ...(left === null ? [] : [{ code: 'PROBE' as const, text: `not removed from the mailbox of ${user}: ${left}` }]),
];

/** Why the mail of a domain cannot go to this tenant yet; null where it can, or where nobody knows. */
export function domainTrouble(found: TenantDomain, server: string): MxodusError | null {
  if (found.kind === 'verified' || found.kind === 'unknown') return null;
  const { domain, elsewhere } = found;
  if (elsewhere.known && elsewhere.value !== null) {
    return new MxodusError('DOMAIN_ELSEWHERE', {
      what: `${domain} is held by another tenant, ${elsewhere.value}`,
      why: 'a domain can be verified in one tenant only',
      advice: `in a tenant with an admin, that admin removes it there first (with every address, user and group that uses it); a tenant nobody manages is taken over with \`forceTakeover\`; then verify it in "${server}"`,
    });
  }
  const txt = found.kind === 'not-verified' ? found.txt : null;
  const publish =
    txt === null ? 'publish the TXT record it shows' : `publish ${txt.name} TXT "${txt.text}" (TTL ${txt.ttl})`;
  return new MxodusError('DOMAIN_NOT_VERIFIED', {
    what: `${domain} is not ${found.kind === 'not-added' ? 'a domain of' : 'verified in'} tenant "${server}"`,
    why: 'it tells the MX records of verified domains only, and takes no mail for others',
    advice: `${found.kind === 'not-added' ? 'add it (Microsoft 365 admin centre, Settings, Domains), then ' : ''}${publish} and verify it there; until then plan without \`domains.${domain}\``,
  });
}
