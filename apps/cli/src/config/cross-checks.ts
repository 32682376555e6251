import type { Config, MxodusError } from '@mxodus/model';
import { problem } from './config-error.ts';
import { pathText } from './config-issues.ts';
import { cutoverChecks } from './cutover-checks.ts';
import { didYouMean, inBackticks } from './did-you-mean.ts';
import { domainChecks } from './domain-checks.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** What no single key can be wrong about: names that must exist, TLS. Mailboxes, domains and the cutover have files of their own. */
export function crossChecks(config: Config, source: YamlSource): MxodusError[] {
  return [
    ...unknownServers(config, source),
    ...cleartext(config, source),
    ...templates(config, source),
    ...exchangeWriters(config, source),
    ...fleetLedger(config, source),
    ...domainChecks(config, source),
    ...cutoverChecks(config, source),
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

/** Workers on several machines cannot share a file. */
function fleetLedger({ queue, ledger }: Config, source: YamlSource): MxodusError[] {
  if (queue.kind !== 'bullmq' || ledger.kind === 'postgres') return [];
  return [
    problem('CONFIG_INVALID', {
      what: '`queue.kind` is bullmq, and `ledger.kind` is sqlite',
      why: 'the workers of a fleet write one ledger from several machines, and a SQLite file is for one',
      advice: 'add `ledger: { kind: postgres, url: { env: DATABASE_URL } }`, or remove `queue`',
      where: source.where(['queue', 'kind']),
    }),
  ];
}
