import type { CertificateKind, Certificates } from '../certificates.ts';
import type { SimLimits, SimUser } from './sim-world.ts';
import type { SimSwitches } from './switches.ts';

export interface Exchange365Options {
  /** For certificates, where none are given. */
  dir: string;
  certificates?: Certificates;
  /** Which of them it shows. Default valid. */
  certificate?: CertificateKind;
  /** A GUID. */
  tenant?: string;
  app?: AppOptions;
  /** What the administrator consented to. Default DEFAULT_ROLES (less those of `rbac`). */
  roles?: readonly string[];
  /** RBAC for Applications: these roles for these mailboxes only, beside the consent (the rights are the union of both). */
  rbac?: RbacOptions;
  users: readonly (string | UserOptions)[];
  /** Default: the domain of the first user, verified. */
  domains?: readonly (string | DomainOptions)[];
  licences?: readonly LicenceOptions[];
  limits?: Partial<SimLimits>;
  /** Of ids and of all that comes in an order of its own. */
  seed?: string;
  now?: () => Date;
  switches?: Partial<SimSwitches>;
  /** Each request to Graph takes at least this long, so that several are in flight. Default 0. */
  latencyMs?: number;
  /** A TXT look-up for domains/verify, in place of DomainOptions.published. */
  lookUpTxt?: (name: string) => Promise<readonly string[]>;
}

export interface AppOptions {
  /** A GUID. */
  clientId?: string;
  secret?: string;
  secretExpires?: Date;
  /** PEM; signs client assertions. */
  certificate?: string;
}

export interface RbacOptions {
  roles: readonly string[];
  mailboxes: readonly string[];
  /** A change is seen this late (30 minutes to 2 hours). Default at once. */
  effectiveFrom?: Date;
}

export interface UserOptions {
  address: string;
  displayName?: string;
  aliases?: readonly string[];
  /** Default true for userPurpose user. */
  licensed?: boolean;
  /** Whether there is a mailbox, or from when on. Default: licensed, or not a user's. */
  restEnabled?: boolean | Date;
  accountEnabled?: boolean;
  locale?: SimUser['locale'];
  userPurpose?: SimUser['userPurpose'];
  /** Default 100 GB. */
  quotaBytes?: number;
  /** Default 35 MB. */
  maxMessageBytes?: number;
}

export interface DomainOptions {
  name: string;
  /** Default: not held by another tenant. */
  verified?: boolean;
  /** Who else holds it. Default null. */
  otherTenant?: null | 'managed' | 'unmanaged';
  /** The tenant lists it. Default: not held by another tenant. */
  added?: boolean;
  /** The TXT record that proves it can be found. Default false. */
  published?: boolean;
  /** In place of the usual records; each gets its @odata.type by its recordType. */
  serviceRecords?: readonly ServiceRecord[];
}

/** As of the resource domainDnsRecord; the rest depends on the type. */
export interface ServiceRecord {
  recordType: 'Mx' | 'Txt' | 'CName' | 'Srv';
  label: string;
  supportedService: string;
  ttl: number;
  isOptional: boolean;
  [more: string]: unknown;
}

export interface LicenceOptions {
  skuPartNumber: string;
  enabled: number;
  consumed: number;
  /** Names of service plans. Default one EXCHANGE_S_STANDARD. */
  servicePlans?: readonly string[];
}

export const DEFAULT_ROLES: readonly string[] = [
  'Mail.ReadWrite',
  'User.Read.All',
  'Domain.Read.All',
  'MailboxSettings.Read',
  'Organization.Read.All',
  'Reports.Read.All',
];
