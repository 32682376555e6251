import { readMailbox } from '@mxodus/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { NEW_HOST, OLD_HOST, type StreamWorld, startStreamWorld } from './stream-world.ts';

/** The whole cutover while six kinds of strangers go on writing (facts/dns-cutover section 7). */

let world: StreamWorld;

beforeAll(async () => {
  world = await startStreamWorld();
  await world.prepare();
});
afterAll(() => world?.stop());

test('nothing sent during a cutover is lost, doubled or bounced, and the switch is never before its time', async () => {
  const { lab } = world;
  world.begin();
  world.begin({ profile: 'sticky', stickySeconds: 4 });
  world.begin({ profile: 'static', staticAddress: OLD_HOST });
  world.begin({ profile: 'backup' });
  world.begin({ profile: 'burst', burst: 8 });
  const running = finish(world.start('cutover', 'run', world.plan, '--execute', '--json'));
  await world.reached('DRAINING');
  await world.hush();
  const ended = await running;
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: expect.any(String) });

  const entries = await world.entries();
  expect(entries.at(-1)).toMatchObject({ state: 'RESTORED' });
  const lowered = entries.find((entry) => entry.event === 'timed' && entry.facts.phase === 'lower');
  const sent = entries.find((entry) => entry.event === 'sending' && entry.facts.phase === 'switch');
  const safeAt = lowered?.event === 'timed' ? Date.parse(lowered.facts.safe_at) : Number.POSITIVE_INFINITY;
  expect(Date.parse(sent?.time ?? 'never')).toBeGreaterThanOrEqual(safeAt);

  // Each is at one of the two hosts, and the drain has brought those of the old one over, once.
  expect(await world.count('new')).toMatchObject({ lost: [], doubled: [], bounced: 0 });
  const { sent: made, arrived } = await world.count('new');
  expect(arrived).toBe(made);
  expect(lab.sinks.new.received.some(({ accepted }) => accepted)).toBe(true);

  // With the date it came to the old host, and its flags.
  for (const user of lab.users) {
    const [from, to] = await Promise.all([inbox(lab.old, user), inbox(lab.new, user)]);
    for (const [message, count] of from) expect([user, message, to.get(message) ?? 0]).toEqual([user, message, count]);
  }
});

test('the late-mail ledger is the log of the old host, with its reasons', async () => {
  const switchedAt = await world.switchedAt();
  const late = world.lab.sinks.old.received.filter(
    ({ accepted, time }) => accepted && Date.parse(time) >= switchedAt + 1000,
  );
  // Test mails among them: the first may still find the old record in a resolver.
  const rows = await world.lateMail();
  const known = new Set(rows.map(({ message_id: id }) => id));
  expect(late.filter(({ messageId }) => messageId !== null && !known.has(messageId))).toEqual([]);
  expect(new Set(rows.map(({ message_id: id }) => id)).size).toBe(rows.length);
  expect(rows.filter(({ cause }) => cause !== 'canary')).not.toEqual([]);
  expect(rows.every(({ why, path }) => why !== '' && path.length > 0)).toBe(true);
});

test('every test mail of the cutover arrived at the new host', async () => {
  const entries = await world.entries();
  const sent = entries.flatMap((entry) => (entry.event === 'canary_sent' ? [entry.facts.id] : []));
  const seen = new Map(
    entries.flatMap((entry) => (entry.event === 'canary_seen' ? [[entry.facts.id, entry.facts.at]] : [])),
  );
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.filter((id) => !seen.has(id))).toEqual([]);
  expect([...seen.values()]).not.toContain('bounced');
  expect(world.lab.sinks.new.host).toBe(NEW_HOST);
});

test('the report says what was sent and what arrived, and its digest is the journal’s', async () => {
  const { code, stdout } = await world.cutover('report', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: { kind: 'proven', text: expect.stringContaining('0 lost, 0 bounced') },
    canaries: { missing: 0, bounced: 0 },
    journal: { chain: 'verified' },
  });
});

/** Content, date and flags, with how often it is there. */
async function inbox(server: StreamWorld['lab']['old'], user: string): Promise<Map<string, number>> {
  const { INBOX } = await readMailbox(server, user, world.lab.password);
  const messages = INBOX?.messages ?? [];
  const texts = messages.map(({ sha256, flags, internalDate }) => `${sha256} ${internalDate} ${flags.join(' ')}`);
  return new Map([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
}
