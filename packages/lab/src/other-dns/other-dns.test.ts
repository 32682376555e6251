import { afterAll, expect, test } from 'vitest';
import { knotMissing, powerdnsMissing } from '../debian/unpacked-servers.ts';
import { queryDns } from '../dns/exchange.ts';
import { updateZone } from '../dns/update-zone.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { startKnot, type UpdatableServer } from './knot.ts';
import { startPowerDns } from './powerdns.ts';

const folders: TempDir[] = [];
const servers: UpdatableServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  for (const folder of folders) await folder.remove();
});

test.each([
  ['Knot', knotMissing(), startKnot],
  ['PowerDNS', powerdnsMissing(), startPowerDns],
] as const)('%s serves its zone, and takes an update that is signed', async (_name, missing, start) => {
  expect(missing).toBeNull();
  const folder = await makeTempDir();
  folders.push(folder);
  const zone = 'example.test';
  const server = await start({
    dir: folder.path,
    zone,
    records: [{ name: '@', type: 'MX', ttl: 600, data: '10 old' }],
  });
  servers.push(server);
  const mx = async () => (await queryDns(server, zone, 'MX', 2000)).answers.map(({ ttl, data }) => `${ttl} ${data}`);
  expect(await mx()).toEqual(['600 10 old.example.test']);
  const change = {
    zone,
    remove: [{ name: zone, type: 'MX' as const }],
    add: [{ name: zone, type: 'MX' as const, ttl: 5, data: '10 new.example.test' }],
  };
  expect(await updateZone(server, null, change)).not.toBe(0);
  expect(await updateZone(server, server.tsig, change)).toBe(0);
  expect(await mx()).toEqual(['5 10 new.example.test']);
});
