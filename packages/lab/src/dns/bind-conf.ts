export interface ZoneRecord {
  /** Relative to the zone, '@' for the zone itself, or absolute with a final dot. */
  name: string;
  type: string;
  /** Seconds; the zone's when absent. */
  ttl?: number;
  /** As in a zone file, e.g. '10 mx.old'; names without a final dot are relative. */
  data: string;
}

export interface Zone {
  zone: string;
  records: readonly ZoneRecord[];
}

/** A zone another one delegates: NS, glue and perhaps a DS are written into the zone above. */
export interface DelegatedZone {
  zone: string;
  /** Absolute names, without the final dot. */
  nameServers: readonly string[];
  /** As in a zone file. */
  ds?: string;
}

export interface ZoneTimes {
  /** TTL of records without their own, seconds. */
  ttl: number;
  /** SOA refresh: how long a secondary that got no NOTIFY stays behind, seconds. */
  refresh: number;
  /** SOA minimum: how long "no such name" is cached, seconds. */
  negativeTtl: number;
}

export interface BindPorts {
  primary: number;
  secondary: number;
  resolver: number;
}

export interface ZoneFileOptions {
  address: string;
  times: ZoneTimes;
  /** How many of ns1, ns2 it has. */
  servers: 1 | 2;
  delegates?: readonly DelegatedZone[];
}

/** A master file with SOA, its NS, the records and the delegations. */
export function zoneFile(
  { zone, records }: Zone,
  { address, times, servers, delegates = [] }: ZoneFileOptions,
): string {
  const hosts = ['ns1', 'ns2'].slice(0, servers);
  const lines = [
    ...hosts.flatMap((host) => [`@ IN NS ${host}`, `${host} IN A ${address}`]),
    ...records.map(({ name, type, ttl, data }) => `${name} ${ttl ?? times.ttl} IN ${type} ${data}`),
    ...delegates.flatMap((below) => delegation(below, address)),
  ];
  return `$ORIGIN ${zone}.
$TTL ${times.ttl}
@ IN SOA ns1 hostmaster (1 ${times.refresh} 1 86400 ${times.negativeTtl})
${lines.join('\n')}
`;
}

function delegation({ zone, nameServers, ds }: DelegatedZone, address: string): string[] {
  const below = nameServers.filter((name) => name.endsWith(`.${zone}`));
  return [
    ...nameServers.map((name) => `${zone}. IN NS ${name}.`),
    ...below.map((name) => `${name}. IN A ${address}`),
    ...(ds === undefined ? [] : [`${zone}. IN DS ${ds}`]),
  ];
}

function options(dir: string, address: string, port: number, rest: string, validation = 'no'): string {
  return `options {
  directory "${dir}";
  pid-file "named.pid";
  session-keyfile "session.key";
  listen-on port ${port} { ${address}; };
  listen-on-v6 { none; };
  dnssec-validation ${validation};
  empty-zones-enable no;
${rest}};
controls { };
`;
}

export interface PrimaryOptions {
  zones: readonly string[];
  /** TSIG secret, base64. */
  secret: string;
  notify: boolean;
  /** The zone that is signed with the key in `dir`; null: none. */
  signed: string | null;
}

// notify-delay 0: BIND else waits 5 s before it tells the secondary.
export function primaryConf(dir: string, address: string, ports: BindPorts, conf: PrimaryOptions): string {
  const telling = conf.notify
    ? `notify explicit;\n  also-notify { ${address} port ${ports.secondary}; };\n  notify-delay 0;`
    : 'notify no;';
  const statements = conf.zones.map((zone) => {
    const signing = zone === conf.signed ? '  dnssec-policy default;\n' : '';
    return `zone "${zone}" {\n  type primary;\n  file "${zone}.zone";\n  allow-update { key mxodus; };\n${signing}  ${telling}\n};\n`;
  });
  const rest = '  recursion no;\n  allow-transfer { any; };\n';
  return `key mxodus {\n  algorithm hmac-sha256;\n  secret "${conf.secret}";\n};\n${options(dir, address, ports.primary, rest)}${statements.join('')}`;
}

/** The only server of one zone, which nobody updates. */
export function loneConf(dir: string, address: string, port: number, zone: string): string {
  const rest = '  recursion no;\n  allow-transfer { any; };\n  notify no;\n';
  return `${options(dir, address, port, rest)}zone "${zone}" {\n  type primary;\n  file "${zone}.zone";\n};\n`;
}

// No file: a restarted secondary always fetches the zone anew. min-refresh-time: BIND else raises a refresh to 300 s.
export function secondaryConf(dir: string, address: string, ports: BindPorts, zones: readonly string[]): string {
  const rest =
    '  recursion no;\n  allow-transfer { any; };\n  notify no;\n  min-refresh-time 1;\n  min-retry-time 1;\n';
  const statements = zones.map(
    (zone) => `zone "${zone}" {\n  type secondary;\n  primaries { ${address} port ${ports.primary}; };\n};\n`,
  );
  return options(dir, address, ports.secondary, rest) + statements.join('');
}

/** Where a resolver asks for a zone. */
export interface ZoneRoute {
  zone: string;
  ports: readonly number[];
}

export interface ResolverOptions {
  port: number;
  routes: readonly ZoneRoute[];
  /** For all other names, so that no question of the lab ever leaves the machine. */
  others: readonly number[];
  /** The DS it trusts for a zone: the lab has no signed root. */
  anchor?: { zone: string; ds: string };
}

export function resolverConf(dir: string, address: string, { port, routes, others, anchor }: ResolverOptions): string {
  const to = (ports: readonly number[]): string => {
    const servers = ports.map((one) => `${address} port ${one};`).join(' ');
    return `forward only;\n  forwarders { ${servers} };\n`;
  };
  const rest = `  recursion yes;\n  allow-query { any; };\n  allow-recursion { any; };\n  servfail-ttl 0;\n  ${to(others)}`;
  const statements = routes.map(({ zone, ports }) => `zone "${zone}" {\n  type forward;\n  ${to(ports)}};\n`);
  return options(dir, address, port, rest, anchor === undefined ? 'no' : 'yes') + trust(anchor) + statements.join('');
}

function trust(anchor: ResolverOptions['anchor']): string {
  if (anchor === undefined) return '';
  const [tag, algorithm, digestType, ...digest] = anchor.ds.split(' ');
  return `trust-anchors {\n  ${anchor.zone}. static-ds ${tag} ${algorithm} ${digestType} "${digest.join('')}";\n};\n`;
}
