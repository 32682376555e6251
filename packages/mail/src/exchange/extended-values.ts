import { z } from 'zod';

/** Graph answers with ids in a spelling of its own: "Integer 0xe08" for "Integer 0x0E08", the GUID in either case. Names keep theirs. */
export const extendedValues = z.array(z.object({ id: z.string(), value: z.string() })).optional();

function canonical(id: string): string {
  const tag = /^(\S+) 0x([0-9a-f]+)$/i.exec(id);
  if (tag !== null) return `${tag[1]} ${Number.parseInt(tag[2] ?? '', 16)}`.toLowerCase();
  const named = /^(\S+ \S+) (.*)$/s.exec(id);
  return named === null ? id : `${named[1]?.toLowerCase().replace(/[{}]/g, '')} ${named[2]}`;
}

/** The values of these properties, by the ids they were asked for with. */
export function valuesOf(given: z.output<typeof extendedValues>, ids: readonly string[]): Map<string, string> {
  const byId = new Map((given ?? []).map(({ id, value }) => [canonical(id), value]));
  return new Map(
    ids.flatMap((id): [string, string][] => {
      const value = byId.get(canonical(id));
      return value === undefined ? [] : [[id, value]];
    }),
  );
}

/** For `$expand`. */
export const expanding = (ids: readonly string[]): string =>
  `singleValueExtendedProperties($filter=${ids.map((id) => `id eq '${id}'`).join(' or ')})`;
