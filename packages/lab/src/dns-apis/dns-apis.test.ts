import { afterEach, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { startCloudflareApi } from './cloudflare-api.ts';
import { startCpanelApi } from './cpanel-api.ts';
import { startRoute53Api } from './route53-api.ts';
import { SimZone } from './sim-zone.ts';

/** That they are strict; what they do for those who ask rightly is seen in the tests of the providers. */

const stops: ApiServer[] = [];
afterEach(async () => {
  for (const server of stops.splice(0)) await server.stop();
});
const running = <T extends ApiServer>(server: T): T => {
  stops.push(server);
  return server;
};
const zone = () =>
  new SimZone('example.test', [{ name: 'example.test', type: 'MX', ttl: 300, fields: ['10', 'mx.example.test'] }]);

async function cloudflare(body: unknown, token = 'token') {
  const api = running(await startCloudflareApi({ zone: zone(), token: 'token', batchLimit: 1 }));
  const response = await fetch(`${api.url}/zones/${api.zoneId}/dns_records/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text(), api };
}

const post = (over: object) => ({
  posts: [{ name: 'a.example.test', type: 'A', content: '192.0.2.1', ttl: 60, ...over }],
});

test.each<[string, unknown, number]>([
  ['an unknown list', { creates: [] }, 9207],
  ['an unknown field', post({ colour: 'red' }), 9207],
  ['a TTL below the floor', post({ ttl: 59 }), 9021],
  ['a name of another zone', post({ name: 'a.test' }), 9000],
  ['a text without quotes', post({ type: 'TXT', content: 'v=spf1' }), 9005],
  ['a record twice', post({ name: 'example.test', type: 'MX', content: 'MX.example.test', priority: 10 }), 81058],
  ['a CNAME beside others', post({ name: 'example.test', type: 'CNAME', content: 'x.test' }), 81053],
  ['a record that is not there', { deletes: [{ id: 'f'.repeat(32) }] }, 81044],
  ['too many at once', { deletes: [{ id: '1' }, { id: '2' }] }, 81045],
])('Cloudflare refuses %s', async (_case, body, code) => {
  const { status, text, api } = await cloudflare(body);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).toContain(`"code":${code},`);
  expect(api.zone.serial).toBe(zone().serial);
});

test('each change is told, by whoever it is made', async () => {
  const seen: string[][] = [];
  const { api } = await cloudflare({ deletes: [{ id: '1' }] });
  api.zone.onChange((records) => seen.push(records.map(({ name, type }) => `${name} ${type}`)));
  await fetch(`${api.url}/zones/${api.zoneId}/dns_records/batch`, {
    method: 'POST',
    headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
    body: JSON.stringify(post({})),
  });
  api.zone.edit('example.test', 'MX', { ttl: 60, records: [] });
  expect(seen).toEqual([['example.test MX', 'a.example.test A'], ['a.example.test A']]);
});

test.each<[string, Record<string, string>, string]>([
  ['an unknown argument', { zone: 'example.test', colour: 'red' }, 'Unknown argument'],
  [
    'a stale serial',
    { zone: 'example.test', serial: '1', remove: '10' },
    'does not match the DNS zone’s serial number',
  ],
  [
    'a line that is not a record',
    { zone: 'example.test', serial: String(zone().serial), remove: '1' },
    'no editable record',
  ],
  [
    'the apex as "@"',
    {
      zone: 'example.test',
      serial: String(zone().serial),
      add: '{"dname":"@","ttl":60,"record_type":"A","data":["192.0.2.1"]}',
    },
    'is not a name',
  ],
])('cPanel refuses %s', async (_case, parameters, words) => {
  const api = running(await startCpanelApi({ zone: zone(), kind: 'cpanel', user: 'acme', token: 'token' }));
  const url = `${api.url}/execute/DNS/mass_edit_zone?${new URLSearchParams(parameters)}`;
  const response = await fetch(url, { headers: { authorization: 'cpanel acme:token' } });
  expect(await response.json()).toMatchObject({ status: 0, errors: [expect.stringContaining(words)] });
  expect(api.zone.serial).toBe(zone().serial);
});

test('Route 53 refuses what is not signed, or signed for something else', async () => {
  const api = running(await startRoute53Api({ zone: zone(), accessKeyId: 'AKID', secretAccessKey: 'secret' }));
  const url = `${api.url}/2013-04-01/hostedzone/${api.zoneId}/rrset`;
  expect(await (await fetch(url)).text()).toContain('<Code>MissingAuthenticationToken</Code>');
  const authorization = `AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/route53/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
  const response = await fetch(url, { headers: { authorization, 'x-amz-date': '20261122T100000Z' } });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
});
