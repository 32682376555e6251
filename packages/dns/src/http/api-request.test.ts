import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type ApiServer,
  type Certificates,
  createCertificates,
  makeTempDir,
  SimZone,
  startCloudflareApi,
  type TempDir,
} from '@mxodus/lab';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type ApiRequest, apiRequest, parseAnswer } from './api-request.ts';
import { apiTrouble } from './api-trouble.ts';

const SECRET = 'secret-of-the-header';

let folder: TempDir;
let certificates: Certificates;
let secure: ApiServer;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  folder = await makeTempDir();
  certificates = await createCertificates(folder.path);
  secure = await startCloudflareApi({
    zone: new SimZone('example.test', []),
    token: SECRET,
    certificate: certificates.server.valid,
  });
});
afterAll(async () => {
  await secure.stop();
  await folder.remove();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

const ask = (url: string, over: Partial<ApiRequest> = {}) =>
  apiRequest({
    url,
    method: 'GET',
    headers: { authorization: `Bearer ${SECRET}` },
    timeoutMs: 5000,
    signal: new AbortController().signal,
    about: 'the test',
    ...over,
  });

async function failure(act: Promise<unknown>): Promise<unknown> {
  const error = await act.then(String, (reason: unknown) => reason);
  const text =
    typeof error === 'object' && error !== null ? JSON.stringify(error, Object.getOwnPropertyNames(error)) : '';
  expect(text).not.toContain(SECRET);
  return error;
}

test('the authority of the config is trusted, no other one', async () => {
  const url = `${secure.url}/zones?name=example.test`;
  expect(await ask(url, { ca: certificates.caFile })).toMatchObject({ status: 200 });
  expect(await failure(ask(url))).toMatchObject({
    code: 'DNS_UNREACHABLE',
    why: expect.stringContaining('certificate'),
  });
  expect(await failure(ask(url, { ca: `${folder.path}/none.crt` }))).toMatchObject({ code: 'CONFIG_INVALID' });
});

test('no answer in time, or one that breaks off, says so without what was sent', async () => {
  const silent = await serve(() => undefined);
  expect(await failure(ask(silent, { timeoutMs: 100 }))).toMatchObject({
    code: 'DNS_UNREACHABLE',
    why: expect.stringContaining('0.1 s'),
  });
  const half = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  expect(await failure(ask(half))).toMatchObject({ code: 'DNS_UNREACHABLE' });
  const broken = { headers: { authorization: `Bearer ${SECRET}\n` } };
  expect(await failure(ask(silent, broken))).toMatchObject({ code: 'DNS_UNREACHABLE' });
});

test('an abort is the reason that is thrown', async () => {
  const silent = await serve(() => undefined);
  await expect(ask(silent, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a redirect is not followed: secrets stay here', async () => {
  let seen = 0;
  const elsewhere = await serve((_, response) => {
    seen += 1;
    response.end();
  });
  const url = await serve((_, response) => response.writeHead(302, { location: elsewhere }).end());
  expect(await ask(url)).toMatchObject({ status: 302 });
  expect(seen).toBe(0);
});

test.each([
  ['a read is asked again', 'GET', '0', 2],
  ['a write never', 'POST', '0', 1],
  ['a pause that is too long is not made', 'GET', '3600', 1],
] as const)('429: %s', async (_case, method, after, asked) => {
  let seen = 0;
  const url = await serve((_, response) => {
    seen += 1;
    response.writeHead(seen === 1 ? 429 : 200, { 'retry-after': after }).end();
  });
  expect((await ask(url, { method })).status).toBe(asked === 2 ? 200 : 429);
  expect(seen).toBe(asked);
});

test('what a service repeats of a secret is taken out of its words', () => {
  const answer = { status: 403, headers: {}, text: '' };
  const error = apiTrouble(answer, {
    about: 'x',
    words: `no ${SECRET}\u001b[31m here`,
    secrets: [SECRET],
    permission: 'y',
  });
  expect(error.what).toBe('x: HTTP 403 no *** [31m here');
});

test('an answer in another shape says where, and quotes nothing', async () => {
  const schema = z.object({ result: z.array(z.string()) });
  const answer = { status: 200, headers: {}, text: JSON.stringify({ result: [SECRET, { token: SECRET }] }) };
  const error = await failure(Promise.resolve().then(() => parseAnswer(schema, answer, 'x')));
  expect(error).toMatchObject({ code: 'DNS_ANSWER', why: expect.stringContaining('result.1') });
});
