import { randomInt } from 'node:crypto';
import type { DnsEndpoint } from '@mxodus/model';
import {
  type Answer,
  AUTHENTIC_DATA,
  CHECKING_DISABLED,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_DESIRED,
  type RecordType,
} from 'dns-packet';
import { assertDnsName } from '../wire-name.ts';
import { exchangeTcp } from './exchange-tcp.ts';
import { exchangeUdp } from './exchange-udp.ts';

/** The largest datagram that is not fragmented anywhere (DNS flag day 2020). */
const EDNS_BYTES = 1232;
const FORMERR = 1;

export interface Question {
  name: string;
  type: RecordType;
  transport: 'udp' | 'tcp';
  recurse: boolean;
  /** Of a resolver. AD: say whether the answer was validated (RFC 6840 section 5.7). CD: do not validate it. */
  dnssec?: 'AD' | 'CD';
}

export interface QueryLimits {
  timeoutMs: number;
  /** Tries over UDP. */
  attempts: number;
}

export interface Reply {
  packet: DecodedPacket;
  rcode: number;
  /** What the answer came over: a truncated UDP answer is asked again over TCP (RFC 7766). */
  transport: 'udp' | 'tcp';
}

/** Asks one server one question. Rejects when there is no answer that belongs to it. */
export async function query(
  server: DnsEndpoint,
  question: Question,
  options: QueryLimits & { signal: AbortSignal },
): Promise<Reply> {
  const reply = await overTransport(server, question, { ...options, edns: true });
  // RFC 6891 section 7: a server that does not know EDNS says FORMERR, and has no OPT in its answer.
  const withoutEdns = reply.rcode === FORMERR && !(reply.packet.additionals ?? []).some(({ type }) => type === 'OPT');
  return withoutEdns ? overTransport(server, question, { ...options, edns: false }) : reply;
}

type AskOptions = QueryLimits & { signal: AbortSignal; edns: boolean };

async function overTransport(server: DnsEndpoint, question: Question, options: AskOptions): Promise<Reply> {
  if (question.transport === 'tcp') return ask(server, question, options);
  const reply = await retry(options, () => ask(server, question, options));
  return reply.packet.flag_tc ? ask(server, { ...question, transport: 'tcp' }, options) : reply;
}

async function retry(options: AskOptions, attempt: () => Promise<Reply>): Promise<Reply> {
  for (let left = options.attempts - 1; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 0 || options.signal.aborted) throw error;
    }
  }
}

async function ask(
  server: DnsEndpoint,
  { name, type, transport, recurse, dnssec }: Question,
  { timeoutMs, signal, edns }: AskOptions,
): Promise<Reply> {
  assertDnsName(name);
  const id = randomInt(0x10000);
  const asked = mixCase(name);
  const checking = dnssec === undefined ? 0 : dnssec === 'AD' ? AUTHENTIC_DATA : CHECKING_DISABLED;
  const message = encode({
    type: 'query',
    id,
    flags: (recurse ? RECURSION_DESIRED : 0) | checking,
    questions: [{ name: asked, type }],
    additionals: edns ? [OPT] : [],
  });
  // The name must come back in the case it was sent in: a forger off the path has to guess it (draft-vixie-dnsext-dns0x20).
  const accept = (answer: Buffer): boolean => {
    const packet = tryDecode(answer);
    const [echo] = packet?.questions ?? [];
    return packet?.id === id && packet.flag_qr && echo?.name === asked && echo.type === type;
  };
  const exchange = transport === 'udp' ? exchangeUdp : exchangeTcp;
  const packet = decode(await exchange({ server, message, accept, timeoutMs, signal }));
  return { packet, rcode: (packet.flags ?? 0) & 0x0f, transport };
}

const OPT: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: EDNS_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function tryDecode(answer: Buffer): DecodedPacket | null {
  try {
    return decode(answer);
  } catch {
    // Bytes that are not DNS are not our answer; the caller goes on waiting for it.
    return null;
  }
}

function mixCase(name: string): string {
  return name.replace(/[a-z]/g, (letter) => (randomInt(2) === 0 ? letter : letter.toUpperCase()));
}
