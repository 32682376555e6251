import type { Gate, WaiverConfig } from '@mxodus/model';

/** What these say is not an opinion: a cache holds what it holds, a server serves what it serves. */
const NEVER_WAIVED: readonly string[] = ['G8', 'G9', 'G11', 'G15'];

const DAY_MS = 86_400_000;

/** A closed gate with a waiver that holds passes; one whose last day is over says so. */
export function withWaiver(gate: Gate, waivers: readonly WaiverConfig[], now: number): Gate {
  if (!isClosed(gate)) return gate;
  const own = waivers.filter((waiver) => waiver.gate === gate.id);
  if (own.length === 0) return gate;
  if (NEVER_WAIVED.includes(gate.id)) return { ...gate, why: `${gate.why} (${gate.id} cannot be waived)` };
  const holds = own.find(({ until }) => now < endOf(until));
  if (holds !== undefined) {
    const { by, until, why } = holds;
    return { ...gate, waived: { by, until, why } };
  }
  const ended = own.map(({ by, until }) => `the waiver of ${by} ended with ${until}`).join('; ');
  return { ...gate, why: `${gate.why} (${ended})` };
}

/** Red or unknown, and not waived: what is not known is not green. Amber waits or warns, and stops nothing. */
export function closedGates(gates: readonly Gate[]): Gate[] {
  return gates.filter((gate) => isClosed(gate) && gate.waived === undefined);
}

export function isClosed({ status }: Gate): boolean {
  return status === 'red' || status === 'unknown';
}

/** The end of a day in UTC; what is no date has ended long ago. */
function endOf(day: string): number {
  const begins = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(begins) ? Number.NEGATIVE_INFINITY : begins + DAY_MS;
}
