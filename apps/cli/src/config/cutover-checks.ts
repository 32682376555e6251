import { type Config, dnsName, type MxodusError } from '@mxodus/model';
import { problem } from './config-error.ts';
import { pathText } from './config-issues.ts';
import { inBackticks } from './did-you-mean.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** What the `cutover` of a config can be wrong about. */
export function cutoverChecks(config: Config, source: YamlSource): MxodusError[] {
  return [...windowChecks(config, source), ...canaryChecks(config, source), ...waiverChecks(config, source)];
}

function windowChecks({ cutover: { window } }: Config, source: YamlSource): MxodusError[] {
  if (window === 'now') return [];
  const wrong = (key: 'start' | 'end' | 'zone', what: string, advice: string): MxodusError =>
    problem('CONFIG_INVALID', {
      what: `\`cutover.window.${key}\` ${what}`,
      why: 'the switch needs a moment that exists',
      advice,
      where: source.where(['cutover', 'window', key]),
    });
  for (const key of ['start', 'end'] as const) {
    const text = window[key];
    if (text !== undefined && !parses(() => Temporal.PlainDateTime.from(text))) {
      return [wrong(key, 'is no date and time', 'write it like `2026-12-05T20:00`')];
    }
  }
  const { start, end, zone } = window;
  if (!parses(() => Temporal.PlainDateTime.from(start).toZonedDateTime(zone))) {
    return [wrong('zone', 'is no time zone that is known', 'write it like `Europe/London`')];
  }
  for (const key of ['start', 'end'] as const) {
    const text = window[key];
    const isOne = (local: string) =>
      parses(() => Temporal.PlainDateTime.from(local).toZonedDateTime(zone, { disambiguation: 'reject' }));
    if (text !== undefined && !isOne(text)) {
      return [
        wrong(key, `does not name one moment in ${zone}: the clocks are changed in that hour`, 'choose another hour'),
      ];
    }
  }
  if (end !== undefined && Temporal.PlainDateTime.compare(start, end) >= 0) {
    return [wrong('end', 'is not after `start`', 'leave the switch some hours; or leave `end` out')];
  }
  return [];
}

function parses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function canaryChecks({ cutover: { probe }, domains }: Config, source: YamlSource): MxodusError[] {
  const known = Object.keys(domains).map(dnsName);
  return (probe?.canary_to ?? []).flatMap((address, index) => {
    const domain = dnsName(address.slice(address.lastIndexOf('@') + 1));
    if (known.includes(domain)) return [];
    const path: KeyPath = ['cutover', 'probe', 'canary_to', index];
    return [
      problem('CONFIG_INVALID', {
        what: `\`${pathText(path)}\`: ${domain} is not one of the domains that are switched`,
        why: known.length === 0 ? '`domains` is empty' : `\`domains\` has ${inBackticks(known)}`,
        advice: 'a test mail proves something only for a domain of the cutover: name an address of one',
        where: source.where(path),
      }),
    ];
  });
}

/** What these say is not an opinion: a cache holds what it holds, and a server serves what it serves. */
const NEVER_WAIVED: ReadonlyMap<string, string> = new Map([
  ['G8', 'caches keep what they have until the time is over'],
  ['G9', 'change `cutover.window` instead'],
  ['G11', 'a server that serves the old records sends mail to the old host'],
  ['G15', 'somebody else changed the records: mxodus would overwrite that'],
]);
const LAST_GATE = 16;

function waiverChecks({ cutover: { waive } }: Config, source: YamlSource): MxodusError[] {
  return waive.flatMap(({ gate, until }, index) => {
    const wrong = (key: 'gate' | 'until', what: string, why: string, advice: string): MxodusError[] => {
      const path: KeyPath = ['cutover', 'waive', index, key];
      return [
        problem('CONFIG_INVALID', { what: `\`${pathText(path)}\` ${what}`, why, advice, where: source.where(path) }),
      ];
    };
    const never = NEVER_WAIVED.get(gate);
    if (never !== undefined) return wrong('gate', `is ${gate}, which cannot be waived`, never, 'remove the waiver');
    if (Number(gate.slice(1)) > LAST_GATE || gate === 'G0') {
      return wrong('gate', `is ${gate}, which is no gate`, `there are G1 to G${LAST_GATE}`, 'see docs/cutover.md');
    }
    if (!parses(() => Temporal.PlainDate.from(until))) {
      return wrong('until', 'is no date', 'a waiver ends', 'write it like `2026-12-06`');
    }
    return [];
  });
}
