import { type CutoverEvent, type Rrset, sameRecords } from '@mxodus/model';
import { table } from '../output/columns.ts';
import type { Style } from '../output/style.ts';

export type PlannedChange = Extract<CutoverEvent, { type: 'cutover_change' }>;

/** Every RRset that changes, in the order of the changes: what goes, what comes, or the TTL where nothing else changes. */
export function changeLines(changes: readonly PlannedChange[], style: Style): string[] {
  const heads = table(
    changes.map(({ phase, name, rrtype, zone }) => [
      phase,
      `${name} ${rrtype}`,
      style.dim(zone === name ? '' : `in ${zone}`),
    ]),
  );
  return changes.flatMap(({ before, after }, index) => [
    `  ${heads[index] ?? ''}`,
    ...differenceLines(before, after, style).map((line) => `      ${line}`),
  ]);
}

/** "- 10 mx.old.example", "+ 10 mx.new.example", or "TTL 3600 -> 60". What stays is not shown. */
export function differenceLines(before: Rrset, after: Rrset, style: Style): string[] {
  if (sameRecords(before.records, after.records)) return [`TTL ${before.ttl} -> ${after.ttl}`];
  const gone = before.records.filter((record) => !after.records.includes(record));
  const come = after.records.filter((record) => !before.records.includes(record));
  return [
    ...gone.map((record) => style.bad(`- ${record}`)),
    ...come.map((record) => style.good(`+ ${record}  (TTL ${after.ttl})`)),
    ...(after.records.length === 0 ? [style.dim('nothing is left of it')] : []),
  ];
}
