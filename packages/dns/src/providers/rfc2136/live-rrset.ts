import { type DnsEndpoint, dnsName, MxodusError, type Rrset, type RrsetChange, type RrsetName } from '@mxodus/model';
import type { Answer } from 'dns-packet';
import { endpointText } from '../../endpoint.ts';
import { query, type Reply } from '../../observe/query.ts';
import { type Reading, readRrset, readSerial } from '../../observe/read-rrset.ts';
import { recordText } from '../../observe/record-text.ts';
import { type Connection, reach } from './connection.ts';
import { encodeRecord, encodeStrings } from './record-data.ts';

/** An RRset as the primary has it. */
export interface LiveRrset extends Rrset {
  /**
   * RDATA of each record, by its canonical text. A TXT is cut into strings as it is there: a prerequisite compares the cuts (RFC 2136
   * section 2.4.2), which canonical text does not have.
   */
  data: readonly { text: string; data: Buffer }[];
}

export type LiveChange = RrsetChange & { live: LiveRrset };

/** What the primary itself serves, over TCP. */
export function readLive(
  connection: Connection,
  changes: readonly RrsetChange[],
  signal: AbortSignal,
): Promise<LiveChange[]> {
  return Promise.all(changes.map(async (change) => ({ ...change, live: await readOne(connection, change, signal) })));
}

async function readOne({ server, timeoutMs }: Connection, rrset: RrsetName, signal: AbortSignal): Promise<LiveRrset> {
  const { type } = rrset;
  const name = dnsName(rrset.name);
  const question = { name, type, transport: 'tcp', recurse: false } as const;
  const reply = await reach(server, signal, () => query(server, question, { timeoutMs, attempts: 1, signal }));
  const reading = readRrset(reply, { name, type });
  const why = whyNotKnown(reading);
  if (why !== null) throw notAuthoritative(server, { name, type }, why);
  if (reading.kind === 'answer') return { ...reading.rrset, data: recordData(reply, { name, type }) };
  return { ttl: reading.kind === 'absent' ? (reading.negativeTtl ?? 0) : 0, records: [], data: [] };
}

/** null: it is known. A name that is an alias has no RRset of another type. */
function whyNotKnown(reading: Reading): string | null {
  switch (reading.kind) {
    case 'answer':
    case 'absent':
    case 'alias':
      return reading.authoritative ? null : 'no AA flag';
    case 'referral':
      return `it refers to the servers of ${reading.zone}`;
    case 'error':
      return reading.why;
  }
}

function recordData({ packet }: Reply, { name, type }: RrsetName): LiveRrset['data'] {
  const answers = (packet.answers ?? []).filter((answer) => answer.type === type && dnsName(answer.name) === name);
  return answers.flatMap((answer) => {
    const text = recordText(answer);
    return text === null ? [] : [{ text, data: stringsOf(answer) ?? encodeRecord(type, text) }];
  });
}

/** null: not a TXT. */
function stringsOf(answer: Answer): Buffer | null {
  if (answer.type !== 'TXT') return null;
  const strings = Array.isArray(answer.data) ? answer.data : [answer.data];
  return encodeStrings(strings.map((string) => Buffer.from(string)));
}

function notAuthoritative(server: DnsEndpoint, { name, type }: RrsetName, why: string): MxodusError {
  return new MxodusError('DNS_ANSWER', {
    what: `${endpointText(server)} does not give the ${type} of ${name} with authority`,
    why,
    advice: 'check that `dns.server` is the primary of `dns.zone`',
  });
}

/** Evidence for the journal only: the change is made, whatever comes of this question. */
export async function soaSerial({ server, zone, timeoutMs }: Connection, signal: AbortSignal): Promise<number | null> {
  const question = { name: zone, type: 'SOA', transport: 'tcp', recurse: false } as const;
  return query(server, question, { timeoutMs, attempts: 1, signal }).then(readSerial, () => null);
}
