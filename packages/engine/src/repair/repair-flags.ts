import type { FlagRepairName } from './repair.ts';

/** RFC 9051 2.3.2: the flags every server has. */
const SYSTEM = new Set(['\\answered', '\\deleted', '\\draft', '\\flagged', '\\seen']);

const isSystem = (flag: string): boolean => SYSTEM.has(flag.toLowerCase());
const bareName = (flag: string): string => flag.toLowerCase().replace(/^[\\$]+/, '');

export interface RepairedFlags {
  flags: readonly string[];
  what: string;
}

/**
 * Leaves flags out; the five system flags always stay.
 *
 *   named-flags         those the server's words name, in whatever case and with whatever prefix ("\FORWARDED" for $Forwarded)
 *   keywords            every flag without a backslash
 *   system-flags-only   every flag but the five
 *
 * null: nothing to leave out.
 */
export function repairFlags(flags: readonly string[], name: FlagRepairName, response: string): RepairedFlags | null {
  const keeps = keeperOf(name, response);
  const dropped = flags.filter((flag) => !isSystem(flag) && !keeps(flag));
  if (dropped.length === 0) return null;
  const kind = dropped.every((flag) => !flag.startsWith('\\')) ? 'keyword' : 'flag';
  return {
    flags: flags.filter((flag) => isSystem(flag) || keeps(flag)),
    what: `${kind}${dropped.length === 1 ? '' : 's'} ${dropped.join(', ')} left out`,
  };
}

function keeperOf(name: FlagRepairName, response: string): (flag: string) => boolean {
  switch (name) {
    case 'named-flags': {
      const words = new Set(response.split(/[\s(){}<>[\]"',;:]+/).map((word) => bareName(word).replace(/[.!]+$/, '')));
      return (flag) => !words.has(bareName(flag));
    }
    case 'keywords':
      return (flag) => flag.startsWith('\\');
    case 'system-flags-only':
      return () => false;
  }
}
