import { z } from 'zod';

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { B: 1, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3, KIB: 1024, MIB: 1024 ** 2, GIB: 1024 ** 3 } as const;

/** A duration such as `500ms`, `60s`, `5m`, `48h`, `7d`; a bare number is seconds. Parsed to milliseconds. */
export const duration = z
  .union([z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/)], {
    error: 'expected a duration such as 60s, 5m or 48h',
  })
  .transform((value) => (typeof value === 'number' ? value * 1000 : parse(value, MILLISECONDS)));

/** A size such as `8MB`, `25MiB`; a bare number is bytes. Parsed to bytes. */
export const byteSize = z
  .union([z.number().int().positive(), z.string().regex(/^\d+(\.\d+)?\s*(B|[KMG]i?B)$/i)], {
    error: 'expected a size such as 8MB or 25MiB',
  })
  .transform((value) => (typeof value === 'number' ? value : parse(value.toUpperCase(), BYTES)));

function parse(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits = '', unit = ''] = /^([\d.]+)\s*([a-z]+)$/i.exec(text) ?? [];
  return Math.round(Number(digits) * (units[unit] ?? Number.NaN));
}
