import { afterAll, describe, expect, test } from 'vitest';
import { knotMissing, powerdnsMissing } from '../debian/unpacked-servers.ts';
import { queryDns } from '../dns/exchange.ts';
import { updateZone } from '../dns/update-zone.ts';
import { startKnot, type UpdatableServer } from '../knot/knot.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { startPowerDns } from './powerdns.ts';

describe.each([
  ['Knot', knotMissing(), startKnot],
  ['PowerDNS', powerdnsMissing(), startPowerDns],
] as const)('%s', (_name, missing, start) => {
  let folder: TempDir | undefined;
  let server: UpdatableServer | undefined;
  afterAll(async () => {
    await server?.stop();
    await folder?.remove();
  });

  test.skipIf(missing !== null)('serves its zone, and takes an update that is signed', async () => {
    folder = await makeTempDir();
    const zone = 'example.test';
    const records = [{ name: '@', type: 'MX', ttl: 600, data: '10 old' }];
    const running = await start({ dir: folder.path, zone, records });
    server = running;
    const mx = async () => (await queryDns(running, zone, 'MX', 2000)).answers.map(({ ttl, data }) => `${ttl} ${data}`);
    expect(await mx()).toEqual(['600 10 old.example.test']);
    const change = {
      zone,
      remove: [{ name: zone, type: 'MX' as const }],
      add: [{ name: zone, type: 'MX' as const, ttl: 5, data: '10 new.example.test' }],
    };
    expect(await updateZone(running, null, change)).not.toBe(0);
    expect(await updateZone(running, running.tsig, change)).toBe(0);
    expect(await mx()).toEqual(['5 10 new.example.test']);
  });
});
