import type { DnsConfig, DnsProvider } from '@mxodus/model';

type With<Provider extends DnsConfig['provider'], Read> = Omit<Extract<DnsConfig, { provider: Provider }>, keyof Read> &
  Read;

/** A zone's `dns` section with every secret already read, and files named by their full path. */
export type ResolvedDnsConfig =
  | With<'rfc2136', { tsig: { name: string; algorithm: 'hmac-sha256' | 'hmac-sha512'; secret: string } }>
  | With<'cloudflare', { token: string }>
  | With<'route53', { secret_access_key: string; session_token?: string }>
  | With<'azure', { credential: { secret: string } | { certificate: string; key: string } }>
  | With<'powerdns', { api_key: string }>
  | With<'cpanel', { token: string }>
  /** `directory`: where the program is run. */
  | (Extract<DnsConfig, { provider: 'exec' }> & { directory: string })
  | Extract<DnsConfig, { provider: 'manual' }>;

/** One line a provider; each is loaded only when a config names it. */
export async function openProvider(config: ResolvedDnsConfig): Promise<DnsProvider> {
  switch (config.provider) {
    case 'rfc2136':
      return (await import('./providers/rfc2136/rfc2136-provider.ts')).rfc2136Provider(config);
    case 'cloudflare':
      return (await import('./providers/cloudflare/cloudflare-provider.ts')).cloudflareProvider(config);
    case 'route53':
      return (await import('./providers/route53/route53-provider.ts')).route53Provider(config);
    case 'azure':
      return (await import('./providers/azure/azure-provider.ts')).azureProvider(config);
    case 'powerdns':
      return (await import('./providers/powerdns/powerdns-provider.ts')).powerdnsProvider(config);
    case 'cpanel':
      return (await import('./providers/cpanel/cpanel-provider.ts')).cpanelProvider(config);
    case 'exec':
      return (await import('./providers/exec/exec-provider.ts')).execProvider(config);
    case 'manual':
      return (await import('./providers/manual/manual-provider.ts')).manualProvider(config);
  }
}
