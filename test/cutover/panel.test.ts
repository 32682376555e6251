import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CpanelApi, type Lab, type SimRecord, SimZone, startCpanelApi, updateZone } from '@mxodus/lab';
import { afterEach, expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { type StreamWorld, startStreamWorld } from './stream-world.ts';

/** Zones behind an API, whose changes real name servers serve: the whole cutover, with late mail that must not bounce. */

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A zone of the service; what changes there is served by the lab. */
function zoneOf(lab: Lab): SimZone {
  const zone = new SimZone(lab.zone, [
    { name: lab.zone, type: 'MX', ttl: 4, fields: ['10', `${lab.mx.old}.`] },
    { name: lab.zone, type: 'TXT', ttl: 4, fields: ['v=spf1 mx -all'] },
  ]);
  let serving = Promise.resolve();
  zone.onChange((records) => {
    serving = serving.then(() => serve(lab, records));
  });
  return zone;
}

async function serve(lab: Lab, records: readonly SimRecord[]): Promise<void> {
  const { zone, dns } = lab;
  const add = records
    .filter(({ type }) => type === 'MX')
    .map(({ name, ttl, fields }) => ({ name, type: 'MX' as const, ttl, data: fields.join(' ').replace(/\.$/, '') }));
  const rcode = await updateZone(dns.primary, dns.tsig, { zone, remove: [{ name: zone, type: 'MX' }], add });
  expect(rcode).toBe(0);
}

async function cutOver(world: StreamWorld): Promise<void> {
  world.begin();
  world.begin({ profile: 'sticky', stickySeconds: 3 });
  const running = finish(world.start('cutover', 'run', world.plan, '--execute'));
  await world.reached('DRAINING');
  await world.hush();
  const { code, stderr } = await running;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { sent, arrived, ...rest } = await world.count('new');
  expect({ ...rest, arrived }).toMatchObject({ lost: [], doubled: [], bounced: 0, arrived: sent });
}

test('cPanel: the old host is told to keep late mail before the MX is edited, which would have made it refuse it; closed, it lets go', async () => {
  let api: CpanelApi | undefined;
  const world = await startStreamWorld({ messages: 2, lab: { users: ['ann'], mxTtl: 4 } });
  stops.push(() => world.stop());
  const { lab } = world;
  const zone = zoneOf(lab);
  // Where the host would refuse mail of the domain, its MX does.
  zone.onChange(() => {
    if (api?.mail.effective(lab.zone) === 'remote') lab.sinks.old.reply(`ann@${lab.zone}`, '550');
  });
  api = await startCpanelApi({ zone, kind: 'cpanel', user: 'acme', token: 'cp-token', hostNames: [lab.mx.old] });
  const { mail, url, calls } = api;
  stops.push(() => api?.stop() ?? Promise.resolve());
  await writeFile(join(world.dir, 'token'), 'cp-token');
  const account = `url: "${url}", user: acme, token: { file: ./token }`;
  await world.configure({
    dns: ({ dns }) =>
      `{ provider: cpanel, zone: ${lab.zone}, authoritative: ["${dns.authoritative.join('", "')}"], ${account} }`,
    cutover: () => `  old_host: { panel: cpanel, ${account} }\n`,
  });
  await world.prepare();
  expect(mail.set(lab.zone)).toBe('auto');

  await cutOver(world);
  const writes = calls.filter(({ changed }) => changed).map(({ path }) => (/mass_edit/.test(path) ? 'edit' : 'route'));
  expect(writes).toEqual(['edit', 'route', 'edit', 'edit']);
  expect(mail.effective(lab.zone)).toBe('local');
  expect(await world.cutover('close', '--execute')).toMatchObject({ code: 0 });
  expect(mail.set(lab.zone)).toBe('remote');
});
