import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type DnsEndpoint, MxodusError } from '@mxodus/model';

const DNS_PORT = 53;

/** Parses `host`, `host:port`, `[v6]` or `[v6]:port` and looks a host name up the system's way (hosts file included). */
export async function resolveEndpoints(hostPort: string): Promise<DnsEndpoint[]> {
  const { host, port } = parseHostPort(hostPort);
  if (isIP(host) !== 0) return [{ name: hostPort, address: host, port }];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => ({ name: hostPort, address, port }));
  } catch (cause) {
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `the address of the DNS server "${host}" could not be found`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'check the name in the config, or write the address itself (host:port)',
      cause,
    });
  }
}

export function parseHostPort(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  return { host, port: port === undefined ? DNS_PORT : Number(port) };
}

/** "127.0.0.1:5301" */
export function endpointText(server: { address: string; port: number }): string {
  return server.address.includes(':') ? `[${server.address}]:${server.port}` : `${server.address}:${server.port}`;
}
