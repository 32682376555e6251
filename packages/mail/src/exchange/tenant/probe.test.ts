import type { GraphFault } from '@mxodus/lab';
import { afterEach, describe, expect, test } from 'vitest';
import { PROBE_FOLDER } from './probe-folder.ts';
import { type TenantWorld, tenantWorld } from './tenant-world.test.support.ts';

const ANN = 'ann@contoso.example';

let world: TenantWorld;
afterEach(() => world.stop());

const store = () => {
  const found = world.sim.world.mailboxes.get(world.sim.world.userOf(ANN)?.id ?? '');
  if (found === undefined) throw new Error('nobody asked for the mailbox');
  return found;
};

function expectNothingLeft(): void {
  expect(world.folders(ANN)).not.toContain(PROBE_FOLDER);
  expect([...store().items()]).toEqual([]);
}

test('writes one message as mail is written, finds it as it has to be, and leaves nothing', async () => {
  world = await tenantWorld();
  expect(await world.tenant.probe(ANN, 'graph-json')).toEqual({
    writer: 'graph-json',
    user: ANN,
    faults: [],
    arrival: 'asked-for',
    left: null,
  });
  const created = world.writes().filter((line) => /^POST .*\/mailFolders\/[^/]+\/messages$/.test(line));
  expect(created).toHaveLength(1);
  expectNothingLeft();
});

test('waits for a search that does not show the new message yet', async () => {
  world = await tenantWorld({ switches: { visibilityDelay: 10_000 } });
  expect((await world.tenant.probe(ANN, 'graph-json')).faults).toEqual([]);
  expect(world.slept).toEqual([1000, 3000, 9000]);
});

test('tells of a search that never shows it, without stopping', async () => {
  world = await tenantWorld({ switches: { visibilityDelay: 3_600_000 } });
  expect((await world.tenant.probe(ANN, 'graph-json')).faults.map(({ fault }) => fault)).toEqual(['search']);
  expectNothingLeft();
});

describe('cut at any request', () => {
  const gone = { status: 504, code: 'UnknownError' };
  const cases: [string, GraphFault][] = [
    ['the folder, after it was made', { method: 'POST', path: /\/mailFolders$/, after: gone }],
    ['the folder, before it was made', { method: 'POST', path: /\/mailFolders$/, before: 'reset' }],
    ['the message, after it was made', { method: 'POST', path: /\/messages$/, after: 'reset' }],
    ['the message, before it was made', { method: 'POST', path: /\/messages$/, before: gone }],
    ['the removal, after it was done', { method: 'POST', path: /mailFolders\/[^/]+\/permanentDelete$/, after: gone }],
  ];
  test.each(cases)('goes on: %s', async (_name, fault) => {
    world = await tenantWorld();
    const planned = world.sim.faults.add(fault);
    expect(await world.tenant.probe(ANN, 'graph-json')).toMatchObject({ faults: [], left: null });
    expect(planned.struck).toBe(1);
    expectNothingLeft();
  });

  test('a probe that died leaves what the next one removes', async () => {
    world = await tenantWorld();
    await world.tenant.probe(ANN, 'graph-json');
    const { folders } = store();
    const left = folders.add(folders.known('msgfolderroot'), PROBE_FOLDER, true);
    folders.add(left, 'below', false);
    world.sim.forget();
    expect(await world.tenant.probe(ANN, 'graph-json')).toMatchObject({ faults: [], left: null });
    // Before anything is written: what is in it must not be taken for the new message.
    expect(world.writes()[0]).toMatch(/mailFolders\/[^/]+\/permanentDelete$/);
    expectNothingLeft();
  });
});

describe('importMime', () => {
  const ROLES = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'];

  test.each([
    ['received-header', 'received-header', []],
    ['date-header', 'date-header', []],
    ['now', 'time-of-writing', ['date']],
  ] as const)('dates by %s', async (importMimeDate, arrival, faults) => {
    world = await tenantWorld({ roles: ROLES, switches: { importMimeDate, importMimeRead: true } });
    const result = await world.tenant.probe(ANN, 'graph-importmime');
    expect(result.arrival).toBe(arrival);
    expect(result.faults.map(({ fault }) => fault)).toEqual(faults);
    expectNothingLeft();
  });

  test('that gives unread copies says so', async () => {
    world = await tenantWorld({ roles: ROLES, switches: { importMimeRead: false } });
    const { faults } = await world.tenant.probe(ANN, 'graph-importmime');
    expect(faults.map(({ fault }) => fault)).toContain('read');
  });

  test.each([
    ['is not rolled out', ROLES, 'missing' as const],
    ['is not allowed', ['Mail.ReadWrite'], 'present' as const],
  ])('that %s is refused', async (_name, roles, importMime) => {
    world = await tenantWorld({ roles, switches: { importMime } });
    const { faults } = await world.tenant.probe(ANN, 'graph-importmime');
    expect(faults.map(({ fault }) => fault)).toEqual(['refused']);
    expectNothingLeft();
  });
});
