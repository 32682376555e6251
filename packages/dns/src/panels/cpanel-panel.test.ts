import { type CpanelApi, type SimZone, startCpanelApi } from '@mxodus/lab';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { change, NEW, OLD, seededZone, signal, ZONE } from '../http/api-world.test.support.ts';
import { cpanelProvider } from '../providers/cpanel/cpanel-provider.ts';
import { cpanelPanel } from './cpanel-panel.ts';

const TOKEN = 'U7HMR63FHY282DQZ4H5BIH16JLYSO01M';

describe.each(['cpanel', 'whm'] as const)('%s', (kind) => {
  let zone: SimZone;
  let api: CpanelApi;
  const start = (over: { readOnly?: boolean } = {}) =>
    startCpanelApi({
      zone,
      kind,
      user: 'boss',
      account: kind === 'whm' ? 'acme' : 'boss',
      token: TOKEN,
      hostNames: ['old.example.test'],
      ...over,
    });
  beforeEach(async () => {
    zone = seededZone();
    api = await start();
  });
  afterEach(() => api.stop());
  const access = (token = TOKEN) => ({ kind, url: api.url, user: 'boss', token, timeoutMs: 5000 });
  const panel = (token?: string) => cpanelPanel(access(token));
  const toNew = () => cpanelProvider({ zone: ZONE, ...access() }).apply([change('@', 'MX', OLD, NEW)], signal);

  test('left on auto, the host refuses mail as soon as its zone has the new MX', async () => {
    expect(await panel().routing(ZONE, signal)).toEqual({ set: 'auto', effective: 'local' });
    expect(await toNew()).toMatchObject({ kind: 'applied' });
    expect(await panel().routing(ZONE, signal)).toEqual({ set: 'auto', effective: 'remote' });
  });

  test.each(['local', 'secondary'] as const)(
    'pinned %s it stays so, and can be set to remote at the end',
    async (routing) => {
      await panel().route(ZONE, routing, signal);
      expect(await toNew()).toMatchObject({ kind: 'applied' });
      expect(await panel().routing(ZONE, signal)).toEqual({ set: routing, effective: routing });
      await panel().route(ZONE, 'remote', signal);
      expect(api.mail.effective(ZONE)).toBe('remote');
    },
  );

  test('the connection is cut after it was set: in doubt, and the same again is harmless', async () => {
    api.fail({ on: 'write', kind: 'cut-after' });
    await expect(panel().route(ZONE, 'local', signal)).rejects.toMatchObject({ code: 'OLD_HOST_UNREACHABLE' });
    await panel().route(ZONE, 'local', signal);
    expect(api.mail.set(ZONE)).toBe('local');
  });

  test('it says it is set, and keeps what was: an error', async () => {
    api.fail({ on: 'write', kind: 'keep-old' });
    await expect(panel().route(ZONE, 'local', signal)).rejects.toMatchObject({
      code: 'OLD_HOST_REFUSED',
      what: expect.stringContaining('it is auto'),
    });
  });

  test('a wrong key, a domain of somebody else, a missing feature: refused without a secret', async () => {
    const lesser = await start({ readOnly: true });
    const acts = [
      () => panel('WRONGTOKENWRONGTOKEN').routing(ZONE, signal),
      () => panel().routing('other.test', signal),
      () => cpanelPanel({ ...access(), url: lesser.url }).route(ZONE, 'local', signal),
    ];
    for (const act of acts) {
      const failure = await act().then(String, (error: unknown) => error);
      expect(failure).toMatchObject({ code: 'OLD_HOST_REFUSED' });
      const text = JSON.stringify(failure, Object.getOwnPropertyNames(failure));
      expect(text).not.toMatch(new RegExp(`${TOKEN}|WRONGTOKEN`));
    }
    await lesser.stop();
  });

  test('an answer of something else', async () => {
    api.fail({ on: 'read', kind: 'status', status: 200, body: '<html></html>' });
    await expect(panel().routing(ZONE, signal)).rejects.toMatchObject({ code: 'OLD_HOST_UNREACHABLE' });
  });
});
