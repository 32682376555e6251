import { causeOf, count } from '../output/figures.ts';
import type { Style } from '../output/style.ts';

interface Said {
  where: string;
  code: string;
  what: string;
}

const EXAMPLES = 3;

/** Errors again, in short, at the end where they are not missed: by cause, the first three places of each. */
export function errorLines(errors: readonly Said[], style: Style): string[] {
  const groups = Map.groupBy(errors, ({ code, what }) => causeOf(`${code}: ${what}`));
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const places = all.slice(0, EXAMPLES).map(({ where }) => where);
    if (all.length > EXAMPLES) places.push(`and ${count(all.length - EXAMPLES)} more`);
    return [
      `  ${style.bad('error'.padEnd(8))}  ${first.code}: ${first.what.split('\n')[0]}`,
      `            ${places.join('; ')}`,
    ];
  });
}
