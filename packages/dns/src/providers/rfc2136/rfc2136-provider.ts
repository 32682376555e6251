import { randomInt } from 'node:crypto';
import {
  type ApplyResult,
  type DnsEndpoint,
  type DnsProvider,
  MxodusError,
  type Rrset,
  type RrsetChange,
  type RrsetName,
  sameRrset,
} from '@mxodus/model';
import { endpointText, resolveEndpoints } from '../../endpoint.ts';
import { exchangeTcp } from '../../observe/exchange-tcp.ts';
import { query } from '../../observe/query.ts';
import { readRrset, readSerial } from '../../observe/read-rrset.ts';
import { rrsetText } from '../../rrset-text.ts';
import { type Judgement, judgeAnswer } from './judge-answer.ts';
import { signMessage, type TsigKey, verifyAnswer } from './tsig.ts';
import { rehearsalMessage, updateMessage } from './update-message.ts';

export interface Rfc2136Options {
  /** host:port of the primary. */
  server: string;
  zone: string;
  tsig: { name: string; algorithm: 'hmac-sha256' | 'hmac-sha512'; secret: string };
  timeoutMs?: number;
  /** Milliseconds since the epoch; the signature carries the time. */
  now?: () => number;
}

interface Connection {
  server: DnsEndpoint;
  zone: string;
  key: TsigKey;
  timeoutMs: number;
  now: () => number;
}

/**
 * Dynamic updates (RFC 2136) signed with TSIG (RFC 8945), over TCP only. "RRset equals" prerequisites make each change a
 * compare-and-swap. They ignore the TTL (RFC 2136 section 2.4.2), so the TTL is read and compared right before: an edit of nothing but
 * the TTL in that moment would be overwritten, an edit of the records never.
 */
export function rfc2136Provider(options: Rfc2136Options): DnsProvider {
  const key = readKey(options.tsig);
  const open = async (): Promise<Connection> => ({
    server: await primary(options.server),
    zone: options.zone,
    key,
    timeoutMs: options.timeoutMs ?? 10_000,
    now: options.now ?? Date.now,
  });
  return {
    name: 'rfc2136',
    capabilities: { atomic: true, compareAndSwap: true, minTtl: 0 },
    apply: async (changes, signal) => apply(await open(), changes, signal),
    rehearse: async (changes, signal) => {
      const judgement = await send(await open(), { message: rehearsalMessage, changes }, signal);
      // The key is proven by the signed answer; what a prerequisite that failed hides is whether the policy allows the change.
      return judgement.kind === 'done' ? 'allowed' : 'unknown';
    },
  };
}

async function apply(
  connection: Connection,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<ApplyResult> {
  const found = await Promise.all(
    changes.map(async (change) => ({ ...change, live: await readLive(connection, change, signal) })),
  );
  if (found.every(({ live, after }) => sameRrset(live, after))) {
    return applied(connection, signal);
  }
  const drifted = found.find(({ live, before }) => !sameRrset(live, before));
  if (drifted !== undefined) {
    const { name, type, live, before } = drifted;
    const why = `${name} has ${rrsetText(type, live)} at ${endpointText(connection.server)}, expected ${rrsetText(type, before)}`;
    return { kind: 'conflict', why };
  }
  const judgement = await send(connection, { message: updateMessage, changes }, signal);
  if (judgement.kind === 'conflict') return judgement;
  return applied(connection, signal);
}

async function send(
  { server, zone, key, timeoutMs, now }: Connection,
  { message, changes }: { message: typeof updateMessage; changes: readonly RrsetChange[] },
  signal: AbortSignal,
): Promise<Judgement> {
  const id = randomInt(0x10000);
  const time = Math.floor(now() / 1000);
  const signed = signMessage(message(id, zone, changes), key, time);
  const accept = (answer: Buffer) =>
    answer.length >= 12 && answer.readUInt16BE(0) === id && answer.readUInt8(2) >= 0x80;
  const answer = await reach(server, signal, () =>
    exchangeTcp({ server, message: signed.bytes, accept, timeoutMs, signal }),
  );
  return judgeAnswer(verify(answer, key, { mac: signed.mac, server }), {
    server: endpointText(server),
    zone,
    key: key.name,
    now: time,
  });
}

function verify(answer: Buffer, key: TsigKey, { mac, server }: { mac: Buffer; server: DnsEndpoint }) {
  try {
    return verifyAnswer(answer, key, mac);
  } catch (cause) {
    throw new MxodusError('DNS_ANSWER', {
      what: `the answer of ${endpointText(server)} is not a DNS message`,
      why: 'it ends in the middle of a record',
      advice: 'check `dns.server`; then run the same command: it looks at the live records first',
      cause,
    });
  }
}

async function applied(connection: Connection, signal: AbortSignal): Promise<ApplyResult> {
  return { kind: 'applied', serial: await serial(connection, signal), changeId: null };
}

/** The RRset as the primary itself serves it, over TCP. */
async function readLive(connection: Connection, { name, type }: RrsetName, signal: AbortSignal): Promise<Rrset> {
  const { server, timeoutMs } = connection;
  const question = { name, type, transport: 'tcp', recurse: false } as const;
  const reply = await reach(server, signal, () => query(server, question, { timeoutMs, attempts: 1, signal }));
  const reading = readRrset(reply, { name, type });
  switch (reading.kind) {
    case 'answer':
      return reading.authoritative ? reading.rrset : notAuthoritative(server, { name, type }, 'no AA flag');
    case 'absent':
      return reading.authoritative
        ? { ttl: reading.negativeTtl ?? 0, records: [] }
        : notAuthoritative(server, { name, type }, 'no AA flag');
    case 'alias':
      return notAuthoritative(server, { name, type }, `it is an alias of ${reading.target}`);
    case 'referral':
      return notAuthoritative(server, { name, type }, `it refers to the servers of ${reading.zone}`);
    case 'error':
      return notAuthoritative(server, { name, type }, reading.why);
  }
}

function notAuthoritative(server: DnsEndpoint, { name, type }: RrsetName, why: string): never {
  throw new MxodusError('DNS_ANSWER', {
    what: `${endpointText(server)} does not give the ${type} of ${name} with authority`,
    why,
    advice: 'check that `dns.server` is the primary of `dns.zone`',
  });
}

/** Evidence for the journal only: the change is made, whatever comes of this question. */
async function serial({ server, zone, timeoutMs }: Connection, signal: AbortSignal): Promise<number | null> {
  const question = { name: zone, type: 'SOA', transport: 'tcp', recurse: false } as const;
  return query(server, question, { timeoutMs, attempts: 1, signal }).then(readSerial, () => null);
}

async function reach<T>(server: DnsEndpoint, signal: AbortSignal, io: () => Promise<T>): Promise<T> {
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
