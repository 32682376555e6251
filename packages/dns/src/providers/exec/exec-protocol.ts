import { canonicalRrset, dnsName, RR_TYPES, type RrsetChange, type RrsetName } from '@mxodus/model';
import { z } from 'zod';

/**
 *   action        asks                                answer
 *   capabilities  what the program can promise        { atomic, compareAndSwap, minTtl }
 *   read          what is there (`names`)             { rrsets: [{ name, type, ttl, records }] }, those that are not there left out
 *   rehearse      may it make `changes`?              { kind: "allowed" | "unknown" }; changes nothing
 *   apply         make `changes`                      { kind: "applied", serial?, change_id? } or { kind: "conflict", why }
 *
 * To each the program may answer { kind: "refused", why }: a definite no, and nothing was changed. That holds whatever it ends with; any
 * other answer only with 0.
 */
export type Question = { v: 1; zone: string } & (
  | { action: 'capabilities' }
  | { action: 'read'; names: RrsetName[] }
  | { action: 'rehearse' | 'apply'; changes: RrsetChange[] }
);

const refusal = z.object({ kind: z.literal('refused'), why: z.string() });

export interface Answer<T> {
  answer: z.ZodType<T>;
  refusal: typeof refusal;
}

export const capabilitiesSchema = {
  refusal,
  answer: z.object({ atomic: z.boolean(), compareAndSwap: z.boolean(), minTtl: z.int().min(0) }),
};

export const readSchema = {
  refusal,
  answer: z.object({
    rrsets: z.array(
      z
        .object({ name: z.string(), type: z.enum(RR_TYPES), ttl: z.int().min(0), records: z.array(z.string()) })
        .transform(({ name, type, ...rrset }) => ({ name: dnsName(name), type, ...canonicalRrset(type, rrset) })),
    ),
  }),
};

export const rehearsedSchema = { refusal, answer: z.object({ kind: z.enum(['allowed', 'unknown']) }) };

export const changedSchema = {
  refusal,
  answer: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('applied'), serial: z.int().nullish(), change_id: z.string().nullish() }),
    z.object({ kind: z.literal('conflict'), why: z.string() }),
  ]),
};
