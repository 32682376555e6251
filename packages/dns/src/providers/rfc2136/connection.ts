import { type DnsEndpoint, MxodusError } from '@mxodus/model';
import { endpointText, resolveEndpoints } from '../../endpoint.ts';
import type { TsigKey } from './tsig.ts';

export interface Rfc2136Options {
  /** host:port of the primary. */
  server: string;
  zone: string;
  tsig: { name: string; algorithm: 'hmac-sha256' | 'hmac-sha512'; secret: string };
  timeoutMs?: number;
  /** Milliseconds since the epoch; the signature carries the time. */
  now?: () => number;
}

export interface Connection {
  server: DnsEndpoint;
  zone: string;
  key: TsigKey;
  timeoutMs: number;
  now: () => number;
}

/** Reads the key at once, and looks the server up whenever it is asked for. */
export function connector(options: Rfc2136Options): () => Promise<Connection> {
  const key = readKey(options.tsig);
  return async () => ({
    server: await primary(options.server),
    zone: options.zone,
    key,
    timeoutMs: options.timeoutMs ?? 10_000,
    now: options.now ?? Date.now,
  });
}

/** Does it, or throws DNS_UNREACHABLE. */
export async function reach<T>(server: DnsEndpoint, signal: AbortSignal, io: () => Promise<T>): Promise<T> {
  try {
    return await io();
  } catch (cause) {
    if (signal.aborted || cause instanceof MxodusError) throw cause;
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `the DNS server ${endpointText(server)} did not answer over TCP`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'check `dns.server` and the firewall; then run the same command: it looks at the live records first',
      cause,
    });
  }
}

async function primary(hostPort: string): Promise<DnsEndpoint> {
  const [server] = await resolveEndpoints(hostPort);
  if (server !== undefined) return server;
  throw new MxodusError('DNS_UNREACHABLE', {
    what: `the DNS server "${hostPort}" has no address`,
    why: 'the system knows the name but no address for it',
    advice: 'write the address itself as `dns.server`',
  });
}

/** The error never quotes the secret. */
function readKey({ name, algorithm, secret }: Rfc2136Options['tsig']): TsigKey {
  const text = secret.trim();
  const bytes = Buffer.from(text, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || bytes.length === 0) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `the secret of the TSIG key "${name}" is not base64`,
      why: 'expected only the base64 text, as between the quotes of `secret "…"` in a BIND key file',
      advice: 'put nothing but that text where `dns.tsig.secret` points to',
    });
  }
  return { name, algorithm, secret: bytes };
}
