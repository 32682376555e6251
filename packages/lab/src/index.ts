export {
  type CertificateFiles,
  type CertificateKind,
  type Certificates,
  createCertificates,
} from './certificates.ts';
export { type Courier, type CourierOptions, startCourier } from './courier/courier.ts';
export { type Cyrus, type CyrusOptions, startCyrus } from './cyrus/cyrus.ts';
export {
  courierMissing,
  cyrusMissing,
  knotMissing,
  postgresMissing,
  powerdnsMissing,
  redisMissing,
  unboundMissing,
} from './debian/unpacked-servers.ts';
export type { Zone, ZoneRecord } from './dns/bind-conf.ts';
export { type DnsAddress, queryDns } from './dns/exchange.ts';
export { longText, manyAddresses } from './dns/hard-records.ts';
export { type DnsOptions, type DnsServer, type LabDns, startDns } from './dns/lab-dns.ts';
export type { DnsMessage, DnsRecord, DnsType } from './dns/packet.ts';
export { type TsigKey, updateZone, type ZoneChange } from './dns/update-zone.ts';
export * from './dns-apis/index.ts';
export { APPEND_CAPABILITIES, DELTA_CAPABILITIES, dovecotCapability } from './dovecot/capabilities.ts';
export { type Dovecot, type DovecotOptions, dovecotErrors, startDovecot } from './dovecot/dovecot.ts';
export type { SimClock } from './exchange/clock.ts';
export { type AppendHook, type ImapAppend, type ImapFace, THROTTLED } from './exchange/content/imap/imap-face.ts';
export type { ImapPermissions } from './exchange/content/imap/sign-in.ts';
export { type Exchange365, type RequestHook, startExchange } from './exchange/exchange-365.ts';
export type { FaultAnswer, FaultOutcome, FaultPlan, GraphFault, PlannedFault } from './exchange/faults.ts';
export type { JournalEntry } from './exchange/journal.ts';
export { dumpMailbox, type FolderDump, type MailboxDump, type MessageDump } from './exchange/mailbox/dump.ts';
export { mailboxOf } from './exchange/mailbox/store.ts';
export { MailboxUser } from './exchange/mailbox/user.ts';
export {
  type AppOptions,
  DEFAULT_ROLES,
  type DomainOptions,
  type Exchange365Options,
  type LicenceOptions,
  type RbacOptions,
  type ServiceRecord,
  type UserOptions,
} from './exchange/options.ts';
export { MICROSOFT_LIMITS, type SimLimits, type SimUser, type SimWorld } from './exchange/sim-world.ts';
export { DEFAULT_SWITCHES, type SimSwitches } from './exchange/switches.ts';
export { type ExchangeDeliveryOptions, exchangeDelivery } from './exchange-delivery.ts';
export { type Namespace, namespaceOf } from './imap/list-folders.ts';
export { decodeModifiedUtf7, encodeModifiedUtf7 } from './imap/modified-utf7.ts';
export { type ImapServer, openRawConnection, quoted, type RawConnection } from './imap/raw-connection.ts';
export { type FolderStatus, readMailbox, signedIn, uidNexts } from './imap/read-mailbox.ts';
export type { Literal, Response } from './imap/response-reader.ts';
export { startKnot, type UpdatableOptions, type UpdatableServer } from './knot/knot.ts';
export { type Lab, type LabOptions, startLab } from './lab.ts';
export type { LabExchange, Split } from './lab-exchange.ts';
export {
  type FixedAnswer,
  startTokenServer,
  type TokenServer,
  type TokenServerOptions,
} from './oauth2/token-server.ts';
export { type PostgresServer, startPostgres } from './postgres/postgres.ts';
export { type PowerDns, startPowerDns } from './powerdns/powerdns.ts';
export { freePort } from './process/ports.ts';
export { makeTempDir, type TempDir, withTempDir } from './process/temp-dir.ts';
export { until } from './process/until.ts';
export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from './proxy/fault-proxy.ts';
export type { CutKind, Fault, RuleOptions } from './proxy/rules.ts';
export * from './quirks/index.ts';
export { type RedisServer, startRedis } from './redis/redis.ts';
export { HOSTILE_KINDS } from './seed/hostile-messages.ts';
export { type SeedByImapOptions, type SeededByImap, seedByImap } from './seed/seed-by-imap.ts';
export { COMPANY_PEOPLE, type CompanyOptions, seedCompany } from './seed/seed-company.ts';
export { type SeedOptions, type SeedTarget, seedMaildirs } from './seed/seed-maildirs.ts';
export type { MailDelivery } from './smtp/mail-delivery.ts';
export {
  type MailSink,
  type MailSinkOptions,
  type ReceivedMail,
  type SinkReply,
  startMailSink,
} from './smtp/mail-sink.ts';
export {
  type MailStream,
  type MailStreamOptions,
  type SentMail,
  type StreamProfile,
  startMailStream,
} from './smtp/mail-stream.ts';
export { type MaildirDeliveryOptions, maildirDelivery } from './smtp/maildir-delivery.ts';
export { type CompareOptions, compareMailboxes } from './truth/compare-mailboxes.ts';
export { type ArrivalPlace, type Arrivals, countArrivals, inExchange, inMaildirs } from './truth/count-arrivals.ts';
export type { FolderMap, Truth, TruthFolder, TruthMessage } from './truth/truth.ts';
