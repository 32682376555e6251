import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createCertificates, makeTempDir } from '@mxodus/lab';
import { afterEach, expect, test } from 'vitest';
import { createMtaStsFetcher } from './mta-sts.ts';

const { signal } = new AbortController();
const POLICY = 'version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 86400\r\n';
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function fetchFrom(answer: RequestListener, timeoutMs = 5000) {
  const port = await listening(createServer(answer));
  const urlOf = (domain: string) => `http://127.0.0.1:${port}/${domain}`;
  return createMtaStsFetcher({ urlOf, timeoutMs })('example.com', signal);
}

test.each<[string, RequestListener, object]>([
  [
    'a policy',
    (request, response) => response.end(request.url === '/example.com' ? POLICY : ''),
    { kind: 'policy', text: POLICY },
  ],
  ['none', (_, response) => response.writeHead(404).end(), { kind: 'none' }],
  ['a fault', (_, response) => response.writeHead(503).end('x'), { kind: 'error', why: 'HTTP 503' }],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: '/other' }).end(),
    { kind: 'error', why: 'HTTP 302: redirects are not followed' },
  ],
  [
    'too much',
    (_, response) => response.end('x'.repeat(65_537)),
    { kind: 'error', why: 'the policy has more than 64 KB' },
  ],
  ['without end', (_, response) => endless(response), { kind: 'error', why: 'the policy has more than 64 KB' }],
  [
    'cut',
    (_, response) => void response.writeHead(200, { 'content-length': '99' }).write('x', () => response.destroy()),
    { kind: 'error' },
  ],
])('%s', async (_, answer, expected) => {
  expect(await fetchFrom(answer)).toMatchObject(expected);
});

function endless(response: { write(text: string): boolean; on(event: 'close', done: () => void): unknown }): void {
  const timer = setInterval(() => response.write('x'.repeat(20_000)), 1);
  response.on('close', () => clearInterval(timer));
}

test('silence ends in time, an abort at once', async () => {
  expect(await fetchFrom(() => undefined, 100)).toEqual({ kind: 'error', why: 'no answer within 0.1 s' });
  const given = new AbortController();
  const fetchPolicy = createMtaStsFetcher({ urlOf: () => 'http://127.0.0.1:1/' });
  given.abort(new Error('stop'));
  await expect(fetchPolicy('example.com', given.signal)).rejects.toThrow('stop');
});

test('a certificate that nobody trusts is a fault, as it is to senders', async () => {
  const dir = await makeTempDir();
  const { certFile, keyFile } = (await createCertificates(dir.path)).server['self-signed'];
  const options = { cert: await readFile(certFile), key: await readFile(keyFile) };
  const port = await listening(createSecureServer(options, (_, response) => response.end(POLICY)));
  const found = await createMtaStsFetcher({ urlOf: () => `https://127.0.0.1:${port}/` })('example.com', signal);
  expect(found).toMatchObject({ kind: 'error', why: expect.stringContaining('self-signed') });
  await dir.remove();
});
