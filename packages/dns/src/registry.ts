import type { DnsConfig, DnsProvider } from '@mxodus/model';

/** A zone's `dns` section with the TSIG secret already read. */
export type ResolvedDnsConfig =
  | (Omit<Extract<DnsConfig, { provider: 'rfc2136' }>, 'tsig'> & {
      tsig: { name: string; algorithm: 'hmac-sha256' | 'hmac-sha512'; secret: string };
    })
  | Extract<DnsConfig, { provider: 'manual' }>;

/** One line a provider; each is loaded only when a config names it. */
export async function openProvider(config: ResolvedDnsConfig): Promise<DnsProvider> {
  switch (config.provider) {
    case 'rfc2136':
      return (await import('./providers/rfc2136/rfc2136-provider.ts')).rfc2136Provider(config);
    case 'manual':
      return (await import('./providers/manual/manual-provider.ts')).manualProvider(config);
  }
}
