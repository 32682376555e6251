export type { ApiServer, SeenCall } from './api-server.ts';
export {
  AZURE_READER,
  type AzureApi,
  type AzureApiOptions,
  type AzureRole,
  DNS_ZONE_CONTRIBUTOR,
  startAzureApi,
} from './azure-api.ts';
export { type CloudflareApi, type CloudflareApiOptions, startCloudflareApi } from './cloudflare-api.ts';
export { type CpanelApi, type CpanelApiOptions, startCpanelApi } from './cpanel-api.ts';
export type { CpanelMail, MxCheck } from './cpanel-mail.ts';
export type { ApiFault } from './faults.ts';
export { type Route53Api, type Route53ApiOptions, startRoute53Api } from './route53-api.ts';
export { canonicalText, type NewRecord, type SimRecord, SimZone } from './sim-zone.ts';
