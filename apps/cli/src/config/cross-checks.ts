import type { Config, MxodusError } from '@mxodus/model';
import { problem } from './config-error.ts';
import { pathText } from './config-issues.ts';
import { didYouMean, inBackticks } from './did-you-mean.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** What no single key can be wrong about: names that must exist, TLS, domains, times. Mailboxes are in mailbox-checks.ts. */
export function crossChecks(config: Config, source: YamlSource): MxodusError[] {
  return [
    ...unknownServers(config, source),
    ...cleartext(config, source),
    ...templates(config, source),
    ...exchangeWriters(config, source),
    ...domains(config, source),
    ...cutoverWindow(config, source),
  ];
}

export function unknownServer(config: Config, name: string, where: { key: string; where: string }): MxodusError[] {
  const known = Object.keys(config.servers);
  if (known.includes(name)) return [];
  return [
    problem('CONFIG_INVALID', {
      what: `${where.key} names the server "${name}", which is not there`,
      why: known.length === 0 ? '`servers` is empty' : `\`servers\` has ${inBackticks(known)}`,
      advice: didYouMean(name, known, 'name one of those, or add it to `servers`'),
      where: where.where,
    }),
  ];
}

function unknownServers(config: Config, source: YamlSource): MxodusError[] {
  const named: [KeyPath, string][] = [
    ...config.mailboxes.map((entry, i): [KeyPath, string] => [['mailboxes', i, 'source'], entry.source]),
    ...config.assign.map((rule, i): [KeyPath, string] => [['assign', i, 'to'], rule.to]),
    ...Object.entries(config.domains).map(([name, d]): [KeyPath, string] => [['domains', name, 'mx', 'to'], d.mx.to]),
  ];
  return named.flatMap(([path, name]) =>
    unknownServer(config, name, { key: `\`${pathText(path)}\``, where: source.where(path) }),
  );
}

function cleartext(config: Config, source: YamlSource): MxodusError[] {
  return Object.entries(config.servers).flatMap(([name, server]) => {
    if (server.kind !== 'imap' || server.tls !== 'none' || server.allow_cleartext || isLoopback(server.host)) return [];
    return [
      problem('CLEARTEXT_REFUSED', {
        what: `\`servers.${name}.tls\` is none, and ${server.host} is not this machine`,
        why: 'passwords and mail would cross the network in cleartext',
        advice: 'use `tls: starttls` or `implicit`; if the way is safe (a VPN, say), add `allow_cleartext: true`',
        where: source.where(['servers', name, 'tls']),
      }),
    ];
  });
}

const isLoopback = (host: string): boolean => /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)\.?$/i.test(host);

function templates(config: Config, source: YamlSource): MxodusError[] {
  return config.assign.flatMap((rule, index) => {
    const template = rule.address;
    if (template === undefined) return [];
    const unknown = [...template.matchAll(/\{([^}]*)\}/g)].map(([, word = '']) => word);
    const wrong = unknown.filter((word) => word !== 'local' && word !== 'domain');
    const isAddress = /^[^\s@]\S*@[^\s@]+$/.test(template);
    if (wrong.length === 0 && isAddress) return [];
    const path = ['assign', index, 'address'];
    const what = wrong.length > 0 ? `cannot fill in {${wrong[0]}}` : 'makes no address';
    return [
      problem('CONFIG_INVALID', {
        what: `\`${pathText(path)}\` ${what}`,
        why: '{local} and {domain} of the old address are filled in, nothing else',
        advice: 'write it like `"{local}@mail.example.com"`',
        where: source.where(path),
      }),
    ];
  });
}

function exchangeWriters(config: Config, source: YamlSource): MxodusError[] {
  return Object.entries(config.servers).flatMap(([name, server]) => {
    if (server.kind !== 'exchange' || server.writer !== 'imap-append' || server.imap !== undefined) return [];
    return [
      problem('CONFIG_INVALID', {
        what: `\`servers.${name}.writer\` is imap-append, and \`servers.${name}.imap\` is missing`,
        why: 'writing by IMAP needs an admin to set it up first (docs/exchange.md)',
        advice: 'add `imap: {}` once that is done, or use another writer',
        where: source.where(['servers', name, 'writer']),
      }),
    ];
  });
}

function domains(config: Config, source: YamlSource): MxodusError[] {
  return Object.entries(config.domains).flatMap(([domain, { mx, dns }]) => {
    const found: MxodusError[] = [];
    const server = config.servers[mx.to];
    if (server?.kind === 'imap' && mx.records === undefined) {
      found.push(
        problem('CONFIG_INVALID', {
          what: `\`domains.${domain}.mx.records\` is missing`,
          why: `the MX hosts of the IMAP server "${mx.to}" cannot be asked for`,
          advice: 'add `records: [{ host: mx1.new.example, preference: 10 }]`',
          where: source.where(['domains', domain, 'mx']),
        }),
      );
    }
    if (!isInZone(domain, dns.zone)) {
      found.push(
        problem('CONFIG_INVALID', {
          what: `\`domains.${domain}.dns.zone\`: ${domain} is not in the zone ${dns.zone}`,
          why: 'a zone holds its own name and the names that end in it',
          advice: `name the zone that holds ${domain}`,
          where: source.where(['domains', domain, 'dns', 'zone']),
        }),
      );
    }
    return found;
  });
}

function isInZone(domain: string, zone: string): boolean {
  const [name, apex] = [domain, zone].map((text) => text.toLowerCase().replace(/\.$/, ''));
  return name === apex || name?.endsWith(`.${apex}`) === true;
}

function cutoverWindow({ cutover: { window } }: Config, source: YamlSource): MxodusError[] {
  if (window === 'now') return [];
  const wrong = (key: 'start' | 'zone', what: string, advice: string): MxodusError =>
    problem('CONFIG_INVALID', {
      what: `\`cutover.window.${key}\` ${what}`,
      why: 'the switch needs a moment that exists',
      advice,
      where: source.where(['cutover', 'window', key]),
    });
  try {
    Temporal.PlainDateTime.from(window.start);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [wrong('start', 'is no date and time', 'write it like `2026-12-05T20:00`')];
  }
  try {
    Temporal.PlainDateTime.from(window.start).toZonedDateTime(window.zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [wrong('zone', 'is no time zone that is known', 'write it like `Europe/London`')];
  }
  return [];
}
