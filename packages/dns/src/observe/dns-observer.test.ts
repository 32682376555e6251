import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { type Answer, AUTHORITATIVE_ANSWER, type DecodedPacket, decode, encode, TRUNCATED_RESPONSE } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { createObserver } from './dns-observer.ts';

type Responder = (query: DecodedPacket, transport: 'udp' | 'tcp') => Buffer[];

const MX = { name: 'Example.com', type: 'MX' } as const;
const signal = new AbortController().signal;
const observer = createObserver({ timeoutMs: 300, attempts: 2 });
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers as a test wants it to: what real servers do only when they are broken. */
async function serve(respond: Responder): Promise<{ name: string; address: string; port: number }> {
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (data: Buffer) => {
      for (const answer of respond(decode(data.subarray(2)), 'tcp')) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const udp = createSocket('udp4');
  udp.on('message', (message, { port: to }) => {
    for (const answer of respond(decode(message), 'udp')) udp.send(answer, to, '127.0.0.1');
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  closers.push(
    () => tcp.close(),
    () => udp.close(),
  );
  return { name: 'test', address: '127.0.0.1', port };
}

function reply(
  query: DecodedPacket,
  over: { flags?: number; host?: string; answers?: Answer[]; authorities?: Answer[] } = {},
) {
  const [question] = query.questions ?? [];
  const name = question?.name ?? '';
  const mx = { type: 'MX', name, ttl: 60, data: { preference: 10, exchange: over.host ?? 'MX.Example.' } } as const;
  return encode({
    type: 'response',
    id: query.id ?? 0,
    flags: over.flags ?? AUTHORITATIVE_ANSWER,
    questions: query.questions ?? [],
    answers: question?.type === 'SOA' ? [] : (over.answers ?? [mx]),
    authorities: over.authorities ?? [],
  });
}

const observe = async (respond: Responder) => observer.observe(await serve(respond), 'example.com', MX, signal);

test('reads the RRset with its TTL, lower-case and without the final dot', async () => {
  expect(await observe((query) => [reply(query)])).toMatchObject({
    kind: 'answer',
    authoritative: true,
    rrset: { ttl: 60, records: ['10 mx.example'] },
  });
});

test('asks again over TCP when the UDP answer is truncated', async () => {
  const seen: string[] = [];
  const observation = await observe((query, transport) => {
    seen.push(transport);
    const truncated = { flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE, answers: [] };
    return [reply(query, transport === 'udp' ? truncated : {})];
  });
  expect(observation.kind).toBe('answer');
  expect(seen).toContain('tcp');
});

test('waits on when an answer has another id, another case or is not DNS at all', async () => {
  const observation = await observe((query, transport) => {
    if (transport === 'tcp') return [reply(query)];
    const [question] = query.questions ?? [];
    const swapped = (question?.name ?? '').replace(/[a-z]/gi, (c) =>
      c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
    );
    const forged = { ...query, questions: [{ name: swapped, type: question?.type ?? 'MX' }] };
    return [
      reply({ ...query, id: ((query.id ?? 0) + 1) % 0x10000 }, { host: 'forged.example' }),
      reply(forged, { host: 'forged.example' }),
      Buffer.from('hello'),
      reply(query),
    ];
  });
  expect(observation).toMatchObject({ kind: 'answer', rrset: { records: ['10 mx.example'] } });
});

test('a server that does not know EDNS is asked without it', async () => {
  const observation = await observe((query) => {
    const isEdns = (query.additionals ?? []).some(({ type }) => type === 'OPT');
    return [reply(query, isEdns ? { flags: 1, answers: [] } : {})];
  });
  expect(observation.kind).toBe('answer');
});

const mxOf = (ttl: number, host = 'mx.example'): Answer => ({
  type: 'MX',
  name: 'example.com',
  ttl,
  data: { preference: 10, exchange: host },
});

test('of several TTLs in one RRset the longest is told', async () => {
  const answers = [mxOf(60), mxOf(900, 'mx2.example'), mxOf(30, 'mx3.example')];
  expect(await observe((query) => [reply(query, { answers })])).toMatchObject({ rrset: { ttl: 900 } });
});

test.each(['udp', 'tcp'])('of UDP and TCP the longer TTL is told: %s', async (longer) => {
  const observation = await observe((query, transport) => [
    reply(query, { answers: [mxOf(transport === longer ? 900 : 60)] }),
  ]);
  expect(observation).toMatchObject({ kind: 'answer', rrset: { ttl: 900 } });
});

test('behind an address that is not on loopback many may answer: it is asked three times, and they must agree', async () => {
  const anycast = async (answers: (nth: number) => Answer[]) => {
    let asked = 0;
    const { port } = await serve((query) => {
      const isMx = query.questions?.[0]?.type === 'MX';
      return [reply(query, { answers: answers(isMx ? asked++ % 3 : 0) })];
    });
    // The kernel takes 0.0.0.0 for this host.
    const seen = await observer.observe({ name: 'any', address: '0.0.0.0', port }, 'example.com', MX, signal);
    return { seen, asked };
  };
  for (const longest of [0, 1, 2]) {
    const { seen, asked } = await anycast((nth) => [mxOf(nth === longest ? 900 : 60)]);
    expect(asked).toBe(3);
    expect(seen).toMatchObject({ rrset: { ttl: 900 } });
  }
  const { seen } = await anycast((nth) => [mxOf(60, nth === 2 ? 'new.example' : 'old.example')]);
  expect(seen).toMatchObject({ kind: 'error', why: expect.stringContaining('disagree') });
});

test('a lost datagram is asked for again', async () => {
  let lost = 0;
  const observation = await observe((query, transport) => (transport === 'udp' && lost++ === 0 ? [] : [reply(query)]));
  expect(observation.kind).toBe('answer');
});

const ns: Answer = { type: 'NS', name: 'example.com', ttl: 60, data: 'ns1.example.com' };
const cname: Answer = { type: 'CNAME', name: 'example.com', ttl: 60, data: 'other.example' };

test.each<[string, Responder, object]>([
  ['silence', () => [], { kind: 'error', why: expect.stringContaining('no answer') }],
  [
    'UDP and TCP that disagree',
    (query, transport) => [reply(query, { host: `${transport}.example` })],
    { kind: 'error', why: expect.stringContaining('disagree') },
  ],
  [
    'a referral: a lame server',
    (query) => [reply(query, { flags: 0, answers: [], authorities: [ns] })],
    { kind: 'error', why: expect.stringContaining('lame') },
  ],
  ['REFUSED', (query) => [reply(query, { flags: 5, answers: [] })], { kind: 'error', why: 'it answered REFUSED' }],
  [
    'an alias',
    (query) => [reply(query, { answers: [cname] })],
    { kind: 'error', why: expect.stringContaining('CNAME') },
  ],
  ['a cache: no AA flag', (query) => [reply(query, { flags: 0 })], { kind: 'answer', authoritative: false }],
  ['no MX', (query) => [reply(query, { answers: [] })], { kind: 'absent', authoritative: true, negativeTtl: null }],
])('%s is told as what it is', async (_case, respond, expected) => {
  expect(await observe(respond)).toMatchObject(expected);
});

test('a port where nobody listens is an error, not an exception', async () => {
  const server = await serve(() => []);
  for (const close of closers.splice(0)) close();
  expect(await observer.observe(server, 'example.com', MX, signal)).toMatchObject({ kind: 'error' });
});

test('stops when asked to', async () => {
  const server = await serve(() => []);
  const reason = new Error('stop');
  await expect(observer.observe(server, 'example.com', MX, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('configured servers are used as they are, the parent is not asked', async () => {
  expect(await observer.authoritative('example.com', ['127.0.0.1:5301', '[::1]:5302', '192.0.2.1'], signal)).toEqual([
    { name: '127.0.0.1:5301', address: '127.0.0.1', port: 5301 },
    { name: '[::1]:5302', address: '::1', port: 5302 },
    { name: '192.0.2.1', address: '192.0.2.1', port: 53 },
  ]);
});
