import {
  answer,
  defineQuirk,
  exchangeError11,
  foldsCase,
  ignoresAppendFlags,
  isKeyword,
  isOddSystemFlag,
  needsFinalLineEnd,
  noInferiors,
  parentsExist,
  permanentFlags,
  type Quirk,
  refusesFlags,
  refusesNames,
  refusesNul,
} from '@mxodus/lab';
import { describe, expect, it } from 'vitest';
import { type Case, givesBody, NUL_MAIL, plainMail, useQuirkyServers } from './quirky-servers.ts';

/** Destinations that refuse a message, a flag or a name. */

const servers = useQuirkyServers();

const contents = async (test: Case, end: 'old' | 'new'): Promise<string[]> => test.held(end, { flags: false });

describe('Exchange says "Command Argument Error. 11"', () => {
  it('for a long line: the message arrives with the line wrapped, and the report says so', async () => {
    const exchange = exchangeError11();
    const test = await servers.start({ new: [exchange] });
    await test.deliverPlain(4);
    await test.deliver({ body: `${plainMail('long line')}${'word '.repeat(3000)}\r\nend\r\n` });
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary, alterations } = await test.sync();
    expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 5, failed: 0 } });
    expect(exchange.hits).toBeGreaterThan(0);
    expect(alterations).toMatchObject([{ folder: 'INBOX', uid: 5, what: expect.stringMatching(/line/i) }]);
    expect((await test.read('new')).INBOX?.messages).toHaveLength(5);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('for a large message, and for a full mailbox: it fails by name, once, and the others arrive as they are', async () => {
    const test = await servers.start({ new: [exchangeError11({ largest: 50_000 })] });
    await test.deliverPlain(3);
    await test.deliver({ body: plainMail('large', 5000) });
    await test.deliverPlain(3, 'later');
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary, alterations, notMoved } = await test.sync();
    expect(summary).toMatchObject({ exit_code: 3, buckets: { moved_now: 6, failed: 1 } });
    expect(alterations).toEqual([]);
    expect(notMoved).toMatchObject([{ uid: 4, why: expect.stringContaining('Command Argument Error. 11') }]);
    const old = await contents(test, 'old');
    for (const line of await contents(test, 'new')) expect(old).toContain(line);
    test.new.setQuirks([]);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_before: 6, moved_now: 1 } });
    expect(await contents(test, 'new')).toEqual(old);
  });
});

describe('flags', () => {
  const wanted = async (...quirks: Quirk[]): Promise<Case> => {
    const test = await servers.start({ new: quirks });
    await test.deliver({ flags: '\\Seen $Work' }, { flags: '\\Flagged' }, { flags: 'Tag $Forwarded' }, { flags: '' });
    expect(await test.plan()).toMatchObject({ code: 0 });
    return test;
  };

  it('refused keyword: the message arrives without it, with its other flags and a line in the report', async () => {
    const test = await wanted(refusesFlags({ refused: isKeyword, storeToo: true }));
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 4, failed: 0 } });
    const messages = (await test.read('new')).INBOX?.messages ?? [];
    expect(messages.map(({ flags }) => flags.join(' ')).sort()).toEqual(['', '', '\\Flagged', '\\Seen']);
    expect(await contents(test, 'new')).toEqual(await contents(test, 'old'));
    const alterations = await test.report('alteration');
    expect(alterations.map(({ uid }) => uid).sort()).toEqual([1, 3]);
    expect(JSON.stringify(alterations)).toMatch(/\$Work/);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('system flag nobody has registered: the message arrives without it', async () => {
    // Courier gives out \Forwarded like that.
    const odd = defineQuirk('odd flag', (hit) => ({
      onResponse: (response) => {
        if (!/\$Forwarded/.test(response.text) || !/FETCH \(/.test(response.text)) return undefined;
        hit();
        response.text = response.text.replace('$Forwarded', '\\Forwarded');
        return undefined;
      },
    }));
    const test = await servers.start({
      old: [odd],
      new: [refusesFlags({ refused: isOddSystemFlag, text: 'BAD Invalid system flag FLAG', storeToo: true })],
    });
    await test.deliver({ flags: '\\Seen $Forwarded' }, { flags: '\\Flagged' });
    expect(await test.plan()).toMatchObject({ code: 0 });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 2, failed: 0 } });
    expect(odd.hits).toBeGreaterThan(0);
    const messages = (await test.read('new')).INBOX?.messages ?? [];
    expect(messages.map(({ flags }) => flags.filter((flag) => flag !== '$Forwarded'))).toEqual([
      ['\\Seen'],
      ['\\Flagged'],
    ]);
  });

  it('forgotten by APPEND: they are set afterwards', async () => {
    const test = await wanted(ignoresAppendFlags());
    await test.sync();
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_before: 4, failed: 0 } });
    expect(await test.held('new')).toEqual(await test.held('old'));
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('not among PERMANENTFLAGS: they are not sent, and each is told', async () => {
    const quirk = permanentFlags('\\Seen \\Flagged \\Answered \\Deleted \\Draft');
    const refused = refusesFlags({ refused: isKeyword, text: 'NO [CANNOT] FLAG', storeToo: true });
    const test = await wanted(quirk, refused);
    const { summary, alterations } = await test.sync();
    expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 4 } });
    expect([quirk.hits > 0, refused.hits]).toEqual([true, 0]);
    expect(await contents(test, 'new')).toEqual(await contents(test, 'old'));
    expect(alterations.map(({ uid }) => uid).sort()).toEqual([1, 3]);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

describe('a body', () => {
  it('without a last CRLF gets one where the server asks for it, and nothing else changes', async () => {
    const yahoo = needsFinalLineEnd();
    const test = await servers.start({ new: [yahoo] });
    await test.deliverPlain(3);
    await test.deliver({ body: plainMail('no end').trimEnd() });
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary, alterations } = await test.sync();
    expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 4, failed: 0 } });
    expect(yahoo.hits).toBeGreaterThan(0);
    expect(alterations).toMatchObject([{ uid: 4 }]);
    const sizes = (messages: readonly { bytes: number }[] = []) => messages.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(sizes((await test.read('new')).INBOX?.messages)).toBe(sizes((await test.read('old')).INBOX?.messages) + 2);
  });

  it.each([
    ['BYE', undefined],
    ['NO', answer('NO Message contains NUL characters')],
  ])('with NUL, answered with %s, arrives without it', async (_, verdict) => {
    const nul = verdict ? refusesNul(verdict) : refusesNul();
    const test = await servers.start({ old: [givesBody(4, NUL_MAIL)], new: [nul] });
    await test.deliverPlain(7);
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary, alterations } = await test.sync();
    expect(nul.hits).toBeGreaterThan(0);
    expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 7, failed: 0, in_doubt: 0 } });
    expect(alterations).toMatchObject([{ uid: 4, what: expect.stringMatching(/NUL/) }]);
    expect((await test.read('new')).INBOX?.messages).toHaveLength(7);
  });
});

describe('names', () => {
  it('refused by CREATE: the mail is not lost, and the report says where it is or why not', async () => {
    const names = refusesNames({ refused: (name) => name === 'Files' || / $/.test(name) || name.length > 40 });
    const test = await servers.start({ new: [names] });
    const long = 'A name that is longer than what the other server takes';
    await test.deliverPlain(2, 'plain');
    for (const folder of ['Files', 'Ends with a blank ', long]) await test.deliverPlain(2, folder.trim(), folder);
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary, events, alterations } = await test.sync();
    expect(names.hits).toBeGreaterThan(0);
    expect(summary).toMatchObject({ source_messages: 8, buckets: { cannot: 0, in_doubt: 0 } });
    const arrived = (await test.held('new', { flags: false })).map((line) => line.slice(line.lastIndexOf('/') + 1));
    const moved = Number(Object(summary.buckets).moved_now);
    expect(arrived).toHaveLength(moved);
    const told = [...alterations, ...events.filter(({ type }) => type === 'error')];
    for (const folder of ['Files', 'Ends with a blank', long.slice(0, 20)])
      expect(JSON.stringify(told)).toContain(folder);
    if (moved < 8) expect(summary).toMatchObject({ exit_code: 3, buckets: { failed: 8 - moved } });
    expect((await test.sync()).summary).toMatchObject({ buckets: { moved_before: moved } });
  });

  it('that differ by case only become two folders where the server knows one', async () => {
    const exchange = foldsCase();
    const test = await servers.start({ new: [exchange] });
    await test.at('new', (client) => client.command('CREATE "Sent Items"'));
    await test.deliverPlain(2, 'upper', 'Projects');
    await test.deliverPlain(3, 'lower', 'projects');
    expect(await test.plan()).toMatchObject({ code: 0 });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 5, failed: 0 } });
    const folders = Object.entries(await test.read('new')).filter(([name]) => /projects/i.test(name));
    expect(folders.map(([, { messages }]) => messages.length).sort()).toEqual([2, 3]);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('of parents that CREATE has made already are no error', async () => {
    const parents = parentsExist();
    const test = await servers.start({ new: [parents] });
    for (const folder of ['A', 'A/B', 'A/B/C']) await test.deliverPlain(2, folder, folder);
    await test.at('old', (client) => client.command('CREATE D/E/F'));
    expect(await test.plan()).toMatchObject({ code: 0 });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 6, failed: 0 } });
    expect(await test.held('new')).toEqual(await test.held('old'));
  });

  it('below a folder with mail, refused: the mail is not lost, and the other folders arrive', async () => {
    const mbox = noInferiors();
    const test = await servers.start({ new: [mbox] });
    for (const folder of ['INBOX', 'Work', 'Work/2026', 'Zed']) await test.deliverPlain(2, folder, folder);
    expect(await test.plan()).toMatchObject({ code: 0 });
    const { summary } = await test.sync();
    expect(mbox.hits).toBeGreaterThan(0);
    expect(summary).toMatchObject({ source_messages: 8, buckets: { in_doubt: 0, cannot: 0 } });
    const moved = Number(Object(summary.buckets).moved_now);
    expect(moved).toBeGreaterThanOrEqual(6);
    expect(await test.held('new')).toHaveLength(moved);
    if (moved < 8) expect(summary).toMatchObject({ exit_code: 3, buckets: { failed: 8 - moved } });
  });
});
