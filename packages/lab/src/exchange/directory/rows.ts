/** Users, domains and licences as options describe them, with what they leave out. */
import type { Random } from '../../seed/random.ts';
import type { DomainOptions, Exchange365Options, LicenceOptions, ServiceRecord, UserOptions } from '../options.ts';
import type { SimUser } from '../sim-world.ts';

export interface SimDomain {
  readonly name: string;
  readonly isInitial: boolean;
  /** TXT that proves it: MS=ms… */
  readonly proof: string;
  readonly otherTenant: null | 'managed' | 'unmanaged';
  readonly serviceRecords: readonly ServiceRecord[];
  verified: boolean;
  added: boolean;
  /** The proof can be found in its DNS. */
  published: boolean;
}

export interface SimLicence {
  readonly skuId: string;
  readonly skuPartNumber: string;
  readonly servicePlans: readonly { id: string; name: string }[];
  enabled: number;
  consumed: number;
}

const LONG_AGO = new Date(0);

/** A GUID that depends on the seed only. */
export const guidOf = (random: Random): string =>
  `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;

export function userOf(given: string | UserOptions, tenant: string, random: Random): SimUser {
  const options = typeof given === 'string' ? { address: given } : given;
  const { address, userPurpose = 'user', licensed = userPurpose === 'user' } = options;
  const { restEnabled = licensed || userPurpose !== 'user' } = options;
  const from = restEnabled === true ? LONG_AGO : restEnabled === false ? null : restEnabled;
  return {
    id: guidOf(random),
    userPrincipalName: address,
    aliases: options.aliases ?? [],
    displayName: options.displayName ?? address.slice(0, address.lastIndexOf('@')),
    userPurpose,
    locale: options.locale ?? 'en',
    mailboxId: `MBX:${guidOf(random)}@${tenant}`,
    licensed,
    restEnabledFrom: from,
    accountEnabled: options.accountEnabled ?? userPurpose === 'user',
    quotaBytes: options.quotaBytes ?? 100 * 1024 ** 3,
    maxMessageBytes: options.maxMessageBytes ?? 35 * 1024 ** 2,
  };
}

export function domainsOf(options: Exchange365Options, users: readonly SimUser[], random: Random): SimDomain[] {
  const domainOfFirst = users[0]?.userPrincipalName.split('@').at(-1) ?? 'example.com';
  const given = (options.domains ?? [domainOfFirst]).map((row) => (typeof row === 'string' ? { name: row } : row));
  return [...given.map((row) => domainOf(row, random)), initialDomain(random)];
}

export function domainOf(options: DomainOptions, random: Random): SimDomain {
  const { name, otherTenant = null, verified = otherTenant === null, added = otherTenant === null } = options;
  return {
    name,
    isInitial: false,
    proof: `MS=ms${10_000_000 + random.below(89_999_999)}`,
    otherTenant,
    serviceRecords: options.serviceRecords ?? usualRecords(name),
    verified,
    added,
    published: options.published ?? false,
  };
}

const initialDomain = (random: Random): SimDomain => ({
  ...domainOf({ name: `tenant${random.hex(6)}.onmicrosoft.com` }, random),
  isInitial: true,
});

/** Records of other services are in the same list. */
function usualRecords(name: string): ServiceRecord[] {
  const email = { supportedService: 'Email', ttl: 3600, isOptional: false };
  const calls = { supportedService: 'OfficeCommunicationsOnline', ttl: 3600, isOptional: true };
  return [
    {
      recordType: 'Mx',
      label: name,
      ...email,
      mailExchange: `${name.replaceAll('.', '-')}.mail.protection.outlook.com`,
      preference: 0,
    },
    { recordType: 'Txt', label: name, ...email, text: 'v=spf1 include:spf.protection.outlook.com -all' },
    {
      recordType: 'CName',
      label: `autodiscover.${name}`,
      ...email,
      isOptional: true,
      canonicalName: 'autodiscover.outlook.com',
    },
    { recordType: 'CName', label: `sip.${name}`, ...calls, canonicalName: 'sipdir.online.lync.com' },
    {
      recordType: 'Srv',
      label: `_sip._tls.${name}`,
      ...calls,
      nameTarget: 'sipdir.online.lync.com',
      port: 443,
      priority: 100,
      weight: 1,
      protocol: '_tls',
      service: '_sip',
    },
  ];
}

export function licencesOf(
  given: readonly LicenceOptions[] | undefined,
  users: readonly SimUser[],
  random: Random,
): SimLicence[] {
  const consumed = users.filter(({ licensed }) => licensed).length;
  const rows = given ?? [{ skuPartNumber: 'EXCHANGESTANDARD', enabled: consumed + 5, consumed }];
  return rows.map(({ skuPartNumber, enabled, consumed: used, servicePlans = ['EXCHANGE_S_STANDARD'] }) => ({
    skuId: guidOf(random),
    skuPartNumber,
    enabled,
    consumed: used,
    servicePlans: servicePlans.map((name) => ({ id: guidOf(random), name })),
  }));
}
