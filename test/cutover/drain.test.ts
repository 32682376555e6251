import { appendFile, readFile } from 'node:fs/promises';
import { until } from '@mxodus/lab';
import type { CutoverEvent } from '@mxodus/model';
import { type CanaryRun, canaryPost, canaryRound, lateMailBook, noteLateMail } from '@mxodus/runner';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DrainWorld, never, passOver, runOf, startDrainWorld, startExchangeMailbox } from './drain-world.ts';

let world: DrainWorld;

beforeAll(async () => {
  world = await startDrainWorld();
});
afterAll(() => world?.stop());

/** A new id each time; it begins with the time. */
let made = 0;
const canary = () => {
  made += 1;
  const { zone } = world.lab;
  return { id: `${Date.now().toString(36)}-${made}`, domain: zone, recipient: `bob@${zone}` };
};

const post = () => canaryPost({ ...world, now: Date.now });

describe('a test mail', () => {
  test('goes the way of a stranger, and is found where it arrived', async () => {
    const { lab } = world;
    const canaries = post();
    expect(canaries.recipients()).toEqual([{ domain: lab.zone, recipient: `bob@${lab.zone}` }]);
    const [first, second, nowhere] = [canary(), canary(), canary()];
    expect(await canaries.send(first, never)).toEqual({ kind: 'sent' });
    expect([...(await canaries.find([first, second], never))]).toEqual([
      [first.id, { at: 'old', arrived: expect.any(Number) }],
    ]);
    await world.pointMxTo('new');
    await until('the resolver has the new MX', async () => (await world.mx()).endsWith(lab.mx.new));
    expect(await canaries.send(second, never)).toEqual({ kind: 'sent' });
    const message = (await canaries.find([second, nowhere], never)).get(second.id);
    expect(message?.at).toBe('new');
    expect(Math.abs((message?.arrived ?? 0) - Date.now())).toBeLessThan(120_000);
    expect(lab.sinks.old.received).toHaveLength(1);
    expect(lab.sinks.new.received).toMatchObject([{ messageId: `<mxodus-canary.${second.id}@${lab.zone}>` }]);

    // A copy of the drain does not make it one that arrived there; whoever looks for the first time sees the same.
    await world.deliver('new', 'bob', `Message-ID: <mxodus-canary.${first.id}@${lab.zone}>\n\n`, new Date());
    const again = await post().find([first, second], never);
    expect([again.get(first.id)?.at, again.get(second.id)?.at]).toEqual(['old', 'new']);
  });

  test('is found where somebody moved it to', async () => {
    const canaries = post();
    const moved = canary();
    await canaries.send(moved, never);
    const [, bob] = world.plan.mailboxes;
    if (bob === undefined) throw new Error('bob is in the plan');
    const session = await world.accounts(bob).destination.open(never, () => undefined);
    await session.create('Tests', null);
    await session.move('INBOX', (await session.uids('INBOX')).slice(-1), 'Tests');
    await session.close();
    await until('it is looked for everywhere', async () => (await canaries.find([moved], never)).has(moved.id));
    expect((await canaries.find([moved], never)).get(moved.id)).toMatchObject({ at: 'new' });
  });

  test('is found in Exchange, which has no UIDs of its own', async () => {
    const exchange = await startExchangeMailbox(world, `bob@${world.lab.zone}`);
    onTestFinished(() => exchange.stop());
    const accounts: DrainWorld['accounts'] = (mailbox) => ({
      source: world.accounts(mailbox).source,
      destination: exchange.account,
    });
    const canaries = canaryPost({ ...world, accounts, now: Date.now });
    const [there, nowhere] = [canary(), canary()];
    const id = `<mxodus-canary.${there.id}@${world.lab.zone}>`;
    await exchange.deliver('Message-ID: <other@elsewhere.test>\nSubject: Other\n\nHello\n', new Date());
    await exchange.deliver(`Message-ID: ${id}\nSubject: Test\n\nHello\n`, new Date());
    expect([...(await canaries.find([there, nowhere], never))]).toEqual([
      [there.id, { at: 'new', arrived: expect.any(Number) }],
    ]);
  });

  test('that is refused for good bounced; one that is put off, or refused because of who sends it, was not sent', async () => {
    const { lab } = world;
    const sink = lab.sinks.new;
    const canaries = post();
    const { recipient } = canary();
    sink.reply(recipient, '550');
    const bounced = await canaries.send(canary(), never);
    expect(bounced).toEqual({
      kind: 'bounced',
      why: expect.stringMatching(/^mx\.new\.example\.test \[127\.0\.0\.3\]: 550/),
    });
    sink.reply(recipient, '451');
    expect(await canaries.send(canary(), never)).toMatchObject({ kind: 'unsent', why: expect.stringContaining('451') });
    sink.reply(recipient, 'accept');
    const blocked = {
      kind: 'refused',
      code: 554,
      text: '554 5.7.1 Client host [192.0.2.1] blocked using zen',
    } as const;
    const smtp = { ...world.smtp, send: async () => blocked };
    const elsewhere = canaryPost({ ...world, smtp, now: Date.now });
    expect(await elsewhere.send(canary(), never)).toMatchObject({ kind: 'unsent' });
    await sink.stop();
    expect(await canaries.send(canary(), never)).toMatchObject({ kind: 'unsent' });
    await sink.start();
  });
});

describe('a round of test mails', () => {
  test('announces each before it leaves, sees it once, and after a crash never sends it again', async () => {
    const { lab } = world;
    const journal = await world.openJournal();
    const events: CutoverEvent[] = [];
    const canaries = post();
    let now = Date.now();
    const sent: string[] = [];
    const dying = {
      ...canaries,
      send: async ({ id }: { id: string }): Promise<never> => {
        sent.push(id);
        throw new Error('killed');
      },
    };
    const ports: CanaryRun['ports'] = { canaries, now: () => now };
    await journal.append({ state: 'DRAFT', event: 'started', facts: { plan: 'x', domains: [lab.zone] } }, now);
    const accepted = { phase: 'switch', zone: lab.zone, serial: null, found_live: false } as const;
    await journal.append({ state: 'SWITCHED', event: 'accepted', facts: accepted }, now);

    const killed = runOf(world, { journal, ports: { ...ports, canaries: dying }, events });
    await expect(canaryRound(killed.run, killed.write)).rejects.toThrow('killed');
    expect(journal.entries.at(-1)).toMatchObject({ event: 'canary_sent', facts: { id: sent[0] } });
    // Killed again before it comes to anything else: the doubt is in the journal, not in a process.
    now += 200;
    const again = runOf(world, { journal: await world.openJournal(), ports: { ...ports, canaries: dying }, events });
    await expect(canaryRound(again.run, again.write)).rejects.toThrow('killed');
    const cutOff = [...sent];

    const next = runOf(world, { journal: await world.openJournal(), ports, events });
    const round = () => canaryRound(next.run, next.write);
    await round();
    const records = () => [...next.run.progress.canaries.byId.values()];
    expect(records().map(({ id }) => id)).toEqual(cutOff);
    now += 200;
    await round();
    await round();
    expect(records()).toHaveLength(3);
    await until('the third one is found', async () => {
      now += 1;
      await round();
      return records()[2]?.seen != null;
    });
    expect(records()[2]).toMatchObject({ taken: true, seen: { at: 'new', delayMs: expect.any(Number) } });
    expect(records().map(({ seen }) => seen?.at ?? null)).toEqual([null, null, 'new']);
    now += 16 * 200;
    await round();
    expect(records().map(({ seen }) => seen?.at)).toEqual([
      'unsent',
      'unsent',
      'new',
      ...Array(records().length - 3).fill(undefined),
    ]);
    const { entries } = await world.openJournal();
    const seen = entries.flatMap((entry) => (entry.event === 'canary_seen' ? [entry.facts.id] : []));
    expect(new Set(seen).size).toBe(seen.length);
    expect(events).toEqual([]);
  });

  test('goes on when nothing can be looked for, and sends ten times less when the new servers are proven', async () => {
    const journal = await world.openJournal();
    const events: CutoverEvent[] = [];
    let now = Date.now() + 60_000;
    world.passwords.set('bob', 'wrong');
    const { run, write } = runOf(world, { journal, ports: { canaries: post(), now: () => now }, events });
    const count = () => run.progress.canaries.byId.size;
    const before = count();
    await canaryRound(run, write);
    now += 200;
    await canaryRound(run, write);
    now += 200;
    await canaryRound(run, write);
    expect(count()).toBe(before + 3);
    expect(events.map(({ type }) => type)).toEqual(['cutover_notice']);
    await write(run, { state: 'VERIFIED', event: 'entered', facts: {} });
    now += 1900;
    await canaryRound(run, write);
    expect(count()).toBe(before + 3);
    now += 200;
    await canaryRound(run, write);
    expect(count()).toBe(before + 4);
    world.passwords.delete('bob');
  });

  test('never takes one for unsent that a host took, however long it is nowhere', async () => {
    const journal = await world.openJournal();
    let now = Date.now() + 600_000;
    const nowhere = { ...post(), find: async () => new Map<string, never>() };
    const { run, write } = runOf(world, { journal, ports: { canaries: nowhere, now: () => now }, events: [] });
    await canaryRound(run, write);
    const last = [...run.progress.canaries.byId.keys()].at(-1) ?? '';
    now += 60_000;
    await canaryRound(run, write);
    expect(run.progress.canaries.byId.get(last)?.seen).toBeNull();
  });
});

describe('the late-mail ledger', () => {
  test('has each message once, also when a run dies between a pass and its note', async () => {
    const { lab, plan, accounts, lookup, lateMailPath: path } = world;
    const ledger = await world.openLedger();
    const notices: string[] = [];
    const book = () =>
      lateMailBook({ path, plan, accounts, ledger, lookup, notice: (text) => void notices.push(text) });
    await world.deliver('old', 'ann', 'From: long@ago.test\n\nOld\n', new Date(Date.now() - 3_600_000));
    const switchedAt = Date.now() - 100;
    await world.sendToOld('ann', 'first');
    const since = Date.now();
    expect(await passOver(world, ledger, { user: 'ann', kind: 'drain' })).toHaveLength(2);
    const first = book();
    const rows = await first.collect(since, switchedAt, never);
    expect(rows).toMatchObject([
      {
        mailbox: `ann@${lab.zone}`,
        folder: 'INBOX',
        message_id: '<first@elsewhere.test>',
        sender: 'friend@elsewhere.test',
        path: ['mail.elsewhere.test [127.0.0.1]'],
        cause: 'cache',
      },
    ]);
    expect(notices).toEqual([expect.stringMatching(/^a message the drain fetched had come before the switch/)]);
    expect(await first.collect(since, switchedAt, never)).toEqual([]);

    // The pass is killed; the next run only knows when its own first pass began.
    await world.sendToOld('ann', 'second');
    await passOver(world, ledger, { user: 'ann', kind: 'drain', finished: false });
    await appendFile(path, '{"v":1,"mailbox":"torn');
    const later = book();
    await world.sendToOld('ann', 'third');
    const begun = Date.now();
    await passOver(world, ledger, { user: 'ann', kind: 'drain' });
    const found = await later.collect(begun, switchedAt, never);
    expect(found.map(({ message_id: id }) => id)).toEqual(['<second@elsewhere.test>', '<third@elsewhere.test>']);
    expect(await book().rows()).toEqual([...rows, ...found]);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
    expect(await book().collect(begun, switchedAt, never)).toEqual([]);
    await ledger.close();
  });

  test('waits for a mailbox that cannot be read, tells once, and never stops the drain', async () => {
    const { plan, accounts, lookup, lateMailPath: path } = world;
    const ledger = await world.openLedger();
    const notices: string[] = [];
    const events: CutoverEvent[] = [];
    const lateMail = lateMailBook({ path, plan, accounts, ledger, lookup, notice: (text) => void notices.push(text) });
    const switchedAt = Date.now() - 60_000;
    await world.sendToOld('bob', 'fourth');
    const since = Date.now();
    await passOver(world, ledger, { user: 'bob', kind: 'drain' });
    const journal = await world.openJournal();
    const { run } = runOf(world, { journal, ports: { canaries: post(), now: Date.now }, events });
    const note = (begun: number) =>
      noteLateMail({ ...run, progress: { ...run.progress, switchedAt }, ports: { lateMail } }, begun);
    world.passwords.set('bob', 'wrong');
    await note(since);
    await note(Date.now());
    expect(events).toEqual([]);
    expect(notices.filter((text) => text.includes(`bob@${world.lab.zone} is not explained yet`))).toHaveLength(1);
    world.passwords.delete('bob');
    await note(Date.now());
    const told = events.flatMap((event) => (event.type === 'late_mail' ? [event] : []));
    expect(told.map(({ cause }) => cause)).toContain('canary');
    expect(told.at(-1)).toMatchObject({ message_id: '<fourth@elsewhere.test>', cause: 'sticky' });
    await appendFile(path, 'no line of it\n');
    const broken = lateMailBook({ path, plan, accounts, ledger, lookup, notice: () => undefined });
    await noteLateMail({ ...run, ports: { lateMail: broken } }, since);
    expect(events.at(-1)).toMatchObject({
      type: 'cutover_notice',
      text: expect.stringContaining('cannot be explained'),
    });
    await ledger.close();
  });
});
