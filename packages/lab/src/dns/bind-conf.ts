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

/** A master file with SOA, two NS and the records. */
export function zoneFile({ zone, records }: Zone, address: string, times: ZoneTimes): string {
  const lines = records.map(({ name, type, ttl, data }) => `${name} ${ttl ?? times.ttl} IN ${type} ${data}`);
  return `$ORIGIN ${zone}.
$TTL ${times.ttl}
@ IN SOA ns1 hostmaster (1 ${times.refresh} 1 86400 ${times.negativeTtl})
@ IN NS ns1
@ IN NS ns2
ns1 IN A ${address}
ns2 IN A ${address}
${lines.join('\n')}
`;
}

function options(dir: string, address: string, port: number, rest: string): string {
  return `options {
  directory "${dir}";
  pid-file "named.pid";
  session-keyfile "session.key";
  listen-on port ${port} { ${address}; };
  listen-on-v6 { none; };
  dnssec-validation no;
  empty-zones-enable no;
${rest}};
controls { };
`;
}

// notify-delay 0: BIND else waits 5 s before it tells the secondary.
export function primaryConf(
  dir: string,
  address: string,
  ports: BindPorts,
  zones: readonly string[],
  key: string,
  notify: boolean,
): string {
  const statements = zones.map((zone) => {
    const telling = notify
      ? `notify explicit;\n  also-notify { ${address} port ${ports.secondary}; };\n  notify-delay 0;`
      : 'notify no;';
    return `zone "${zone}" {\n  type primary;\n  file "${zone}.zone";\n  allow-update { key mxodus; };\n  ${telling}\n};\n`;
  });
  const rest = '  recursion no;\n  allow-transfer { any; };\n';
  return `key mxodus {\n  algorithm hmac-sha256;\n  secret "${key}";\n};\n${options(dir, address, ports.primary, rest)}${statements.join('')}`;
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

/** Forwards everything to the two, so that no question of the lab ever leaves the machine. */
export function resolverConf(dir: string, address: string, ports: BindPorts, zones: readonly string[]): string {
  const to = `forward only;\n  forwarders { ${address} port ${ports.primary}; ${address} port ${ports.secondary}; };\n`;
  const rest = `  recursion yes;\n  allow-query { any; };\n  allow-recursion { any; };\n  servfail-ttl 0;\n  ${to}`;
  const statements = zones.map((zone) => `zone "${zone}" {\n  type forward;\n  ${to}};\n`);
  return options(dir, address, ports.resolver, rest) + statements.join('');
}
