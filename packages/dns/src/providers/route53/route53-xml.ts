import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

/** The XML of Route 53's API of 2013-04-01. */

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
const LISTS = ['HostedZone', 'ResourceRecordSet', 'ResourceRecord'];

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  // Digits and spaces are part of what a record says.
  parseTagValue: false,
  trimValues: false,
  // Each TXT has at least two quotes; an answer has at most 300 record sets.
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 50_000_000 },
  isArray: (name) => LISTS.includes(name),
});
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

/** null: no XML. */
export function parseXml(text: string): unknown {
  try {
    return parser.parse(text);
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** An element that has no child elements is read as text. */
const element = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' || value === undefined ? {} : value), schema);

const setSchema = z.object({
  Name: z.string(),
  Type: z.string(),
  TTL: z.coerce.number().default(0),
  SetIdentifier: z.string().optional(),
  AliasTarget: z.unknown().optional(),
  ResourceRecords: element(z.object({ ResourceRecord: z.array(z.object({ Value: z.string() })).default([]) })),
});

export const setsSchema = z.object({
  ListResourceRecordSetsResponse: z.object({
    ResourceRecordSets: element(z.object({ ResourceRecordSet: z.array(setSchema).default([]) })),
    IsTruncated: z.enum(['true', 'false']),
    NextRecordName: z.string().optional(),
    NextRecordType: z.string().optional(),
    NextRecordIdentifier: z.string().optional(),
  }),
});

export const zonesSchema = z.object({
  ListHostedZonesByNameResponse: z.object({
    HostedZones: element(
      z.object({
        HostedZone: z
          .array(
            z.object({ Id: z.string(), Name: z.string(), Config: z.object({ PrivateZone: z.string().optional() }) }),
          )
          .default([]),
      }),
    ),
  }),
});

const changeInfo = z.object({ ChangeInfo: z.object({ Id: z.string(), Status: z.string() }) });
export const changedSchema = z.object({ ChangeResourceRecordSetsResponse: changeInfo });
export const changeSchema = z.object({ GetChangeResponse: changeInfo });

const errorSchema = z.object({
  ErrorResponse: z.object({ Error: z.object({ Code: z.string(), Message: z.string() }) }),
});
/** The other form of this one error, which the API's documentation shows. */
const batchErrorSchema = z.object({
  InvalidChangeBatch: z.object({ Messages: z.object({ Message: z.union([z.string(), z.array(z.string())]) }) }),
});

export interface Route53Words {
  /** '' where the answer is not in its form. */
  code: string;
  message: string;
}

export function errorIn(text: string): Route53Words {
  const xml = parseXml(text);
  const plain = errorSchema.safeParse(xml).data?.ErrorResponse.Error;
  if (plain !== undefined) return { code: plain.Code, message: plain.Message };
  const batch = batchErrorSchema.safeParse(xml).data?.InvalidChangeBatch.Messages.Message;
  return batch === undefined
    ? { code: '', message: '' }
    : { code: 'InvalidChangeBatch', message: [batch].flat().join('; ') };
}

/** A record set as it is sent: name and values as they are, or are to be, there. */
export interface WireSet {
  name: string;
  type: string;
  ttl: number;
  values: readonly string[];
}

export interface WireChange {
  action: 'CREATE' | 'DELETE';
  set: WireSet;
}

export function changeRequest(changes: readonly WireChange[]): string {
  const body: unknown = builder.build({
    ChangeResourceRecordSetsRequest: {
      '@xmlns': NAMESPACE,
      ChangeBatch: {
        Changes: {
          Change: changes.map(({ action, set: { name, type, ttl, values } }) => ({
            Action: action,
            ResourceRecordSet: {
              Name: name,
              Type: type,
              TTL: ttl,
              ResourceRecords: { ResourceRecord: values.map((value) => ({ Value: value })) },
            },
          })),
        },
      },
    },
  });
  return `<?xml version="1.0" encoding="UTF-8"?>${String(body)}`;
}
