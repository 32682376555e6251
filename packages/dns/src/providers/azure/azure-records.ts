import { canonicalRrset, type Rrset, type RrType } from '@mxodus/model';
import { z } from 'zod';
import { txtStrings } from '../../http/txt-strings.ts';

/** Record sets as Azure DNS has them, and as RRsets. */

export const recordSetSchema = z.object({
  etag: z.string().min(1),
  properties: z.object({
    TTL: z.number(),
    metadata: z.record(z.string(), z.string()).nullish(),
    targetResource: z.object({ id: z.string().nullish() }).nullish(),
    ARecords: z.array(z.object({ ipv4Address: z.string() })).nullish(),
    AAAARecords: z.array(z.object({ ipv6Address: z.string() })).nullish(),
    CNAMERecord: z.object({ cname: z.string() }).nullish(),
    MXRecords: z.array(z.object({ preference: z.number(), exchange: z.string() })).nullish(),
    TXTRecords: z.array(z.object({ value: z.array(z.string()) })).nullish(),
    SRVRecords: z
      .array(z.object({ priority: z.number(), weight: z.number(), port: z.number(), target: z.string() }))
      .nullish(),
    TLSARecords: z
      .array(
        z.object({
          usage: z.number(),
          selector: z.number(),
          matchingType: z.number(),
          certAssociationData: z.string(),
        }),
      )
      .nullish(),
  }),
});
export type AzureRecordSet = z.output<typeof recordSetSchema>;

export interface AzureRrset extends Rrset {
  /** null: it is not there. */
  etag: string | null;
  metadata: Readonly<Record<string, string>> | null;
}

export const ABSENT: AzureRrset = { ttl: 0, records: [], etag: null, metadata: null };

export function readRecordSet(type: RrType, { etag, properties }: AzureRecordSet): AzureRrset {
  const rrset = canonicalRrset(type, { ttl: properties.TTL, records: textsOf(type, properties) });
  return { ...rrset, etag, metadata: properties.metadata ?? null };
}

/** Its records are those of another resource of Azure. */
export const isAlias = ({ properties }: AzureRecordSet): boolean => typeof properties.targetResource?.id === 'string';

function textsOf(type: RrType, properties: AzureRecordSet['properties']): string[] {
  const { ARecords, AAAARecords, CNAMERecord, MXRecords, TXTRecords, SRVRecords, TLSARecords } = properties;
  switch (type) {
    case 'A':
      return (ARecords ?? []).map(({ ipv4Address }) => ipv4Address);
    case 'AAAA':
      return (AAAARecords ?? []).map(({ ipv6Address }) => ipv6Address);
    case 'CNAME':
      return CNAMERecord ? [CNAMERecord.cname] : [];
    case 'MX':
      return (MXRecords ?? []).map(({ preference, exchange }) => `${preference} ${exchange}`);
    case 'TXT':
      return (TXTRecords ?? []).map(({ value }) => value.join(''));
    case 'SRV':
      return (SRVRecords ?? []).map(({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${target}`);
    case 'TLSA':
      return (TLSARecords ?? []).map(
        ({ usage, selector, matchingType, certAssociationData }) =>
          `${usage} ${selector} ${matchingType} ${certAssociationData}`,
      );
  }
}

/** The body of a PUT. Metadata is not ours, and stays. */
export function recordSetBody(type: RrType, { ttl, records }: Rrset, metadata: AzureRrset['metadata']): string {
  return JSON.stringify({
    properties: { TTL: ttl, ...(metadata === null ? {} : { metadata }), ...valuesOf(type, records) },
  });
}

function valuesOf(type: RrType, records: readonly string[]): object {
  const rows = records.map((text) => text.split(' '));
  switch (type) {
    case 'A':
      return { ARecords: records.map((ipv4Address) => ({ ipv4Address })) };
    case 'AAAA':
      return { AAAARecords: records.map((ipv6Address) => ({ ipv6Address })) };
    case 'CNAME':
      return { CNAMERecord: { cname: records[0] } };
    case 'MX':
      return { MXRecords: rows.map(([preference, exchange]) => ({ preference: Number(preference), exchange })) };
    case 'TXT':
      return { TXTRecords: records.map((text) => ({ value: txtStrings(text) })) };
    case 'SRV':
      return {
        SRVRecords: rows.map(([priority, weight, port, target]) => ({
          priority: Number(priority),
          weight: Number(weight),
          port: Number(port),
          target,
        })),
      };
    case 'TLSA':
      return {
        TLSARecords: rows.map(([usage, selector, matchingType, certAssociationData]) => ({
          usage: Number(usage),
          selector: Number(selector),
          matchingType: Number(matchingType),
          certAssociationData,
        })),
      };
  }
}
