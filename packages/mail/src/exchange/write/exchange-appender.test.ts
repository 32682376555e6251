import type { Appender, OutgoingMessage } from '@mxodus/model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Graph } from '../graph/graph.ts';
import { MESSAGE_FLAGS } from '../properties.ts';
import {
  type AppenderWorld,
  ARRIVAL,
  appenderWorld,
  keyOf,
  keyOfItem,
  mail,
  mailWith,
} from './appender-world.test.support.ts';
import { openExchangeAppender } from './exchange-appender.ts';

/** One service for all tests; each has a mailbox of its own. */
let world: AppenderWorld;
let user = '';
let mailboxes = 0;
beforeAll(async () => {
  const users = Array.from({ length: 40 }, (_, index) => `user${index}@contoso.example`);
  world = await appenderWorld({ users, roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'] });
});
afterAll(() => world.stop());
beforeEach(() => {
  user = `user${mailboxes}@contoso.example`;
  mailboxes += 1;
});

const isCreate = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && createOf(user).path.test(path);

/** What a fault of the creates in one mailbox matches. */
const createOf = (name: string) => ({
  method: 'POST',
  path: new RegExp(`users/${name.replace('@', '(@|%40)')}/mailFolders/[^/]+/messages$`),
});

describe('messages arrive as they were', () => {
  it('a draft only where it was one, on their dates to the second, with their flags', async () => {
    const appender = await world.appender(user);
    expect(appender.strategy).toBe('requests');
    const plain = await appender.append('INBOX', [
      mail('seen', { internalDate: ARRIVAL + 700 }),
      mail('old', { flags: ['\\Flagged', 'project', '$Forwarded'], internalDate: Date.UTC(1601, 0, 2) }),
      mail('no date', { flags: ['\\Answered'], internalDate: null }),
    ]);
    const drafts = await appender.append('Drafts', [mail('draft', { flags: ['\\Draft', '\\Seen'] })]);
    await appender.close();
    expect(plain.outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
    expect(drafts.outcomes).toMatchObject([{ kind: 'stored', uid: 1 }]);
    const byKey = new Map(world.stored(user).map((item) => [keyOfItem(item), item]));
    expect(byKey.get(keyOf('seen'))).toMatchObject({ isDraft: false, isRead: true, received: ARRIVAL });
    expect(byKey.get(keyOf('old'))).toMatchObject({
      isDraft: false,
      isRead: false,
      flag: { flagStatus: 'flagged' },
      categories: ['project'],
      received: Date.UTC(1601, 0, 2),
    });
    expect(byKey.get(keyOf('no date'))).toMatchObject({ isDraft: false, isRead: false });
    expect(world.stored(user, 'drafts')).toMatchObject([{ isDraft: true, received: ARRIVAL }]);
    expect(world.writes.filter((command) => command.includes(encodeURIComponent(user)))).toHaveLength(4);
  });

  it('also without a Message-ID, and twice where there are two with the same', async () => {
    const appender = await world.appender(user);
    const text = "From: bob@example.org\r\nMessage-ID: <same+id&#%'@example.org>\r\nSubject: same\r\n\r\nHello\r\n";
    const messages = [mail('1', { text }), mail('2', { text }), mail('3'), mail('4', { text: '' })];
    const { outcomes } = await appender.append('INBOX', messages);
    await appender.close();
    expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored', 'stored']);
    expect(world.stored(user).map(keyOfItem).sort()).toEqual(messages.map(({ key }) => key).sort());
    const [first, second] = world.stored(user).filter(({ subject }) => subject === 'same');
    expect(first?.internetMessageId).toBe("<same+id&#%'@example.org>");
    expect(second?.internetMessageId).toBe(first?.internetMessageId);
  });

  it('and what of a message is lost is named', async () => {
    const appender = await world.appender(user);
    const text = [
      'From: bob@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n',
      '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n',
      '--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--b--\r\n',
    ].join('\r\n');
    const { outcomes } = await appender.append('INBOX', [mail('both', { text, flags: ['a,b', '\\Deleted'] })]);
    await appender.close();
    const [outcome] = outcomes;
    const named = outcome?.kind === 'stored' ? outcome.alterations?.map(({ what }) => what) : [];
    expect(named).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/text/),
        expect.stringMatching(/a_b/),
        expect.stringMatching(/Deleted/),
      ]),
    );
  });
});

describe('a tenant that changed its mind', () => {
  /** The service as it would be if the marks of the create were not taken any more. */
  const without = (graph: Graph, id: string): Graph =>
    new Proxy(graph, {
      get: (target, name) => {
        if (name !== 'send') return Reflect.get(target, name, target);
        const send: Graph['send'] = (request) => {
          const { body } = request;
          const changed = typeof body === 'string' ? body.replace(`{"id":"${id}","value":"4"},`, '') : body;
          return target.send({ ...request, body: changed });
        };
        return send;
      },
    });

  it('stops the mailbox at the first message that comes out as a draft, and removes that', async () => {
    const { folders, keyed } = world.parts(user);
    const appender = openExchangeAppender({
      graph: without(world.graph(user), MESSAGE_FLAGS),
      server: 'new',
      user: user,
      folders,
      items: world.items,
      writer: 'auto',
      imap: null,
      importMimeProof: null,
      keyed,
      messageLimit: 1_000_000,
      tempDir: '.',
      signal: new AbortController().signal,
      concurrency: 1,
    });
    const answers = await Promise.allSettled([
      appender.append('INBOX', [mail('a'), mail('b')]),
      appender.append('INBOX', [mail('c')]),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'EXCHANGE_REWRITES' } });
    expect(appender.usable).toBe(false);
    await appender.close();
    expect(world.stored(user)).toEqual([]);
    expect(world.sim.journal.filter(isCreate)).toHaveLength(1);
  });
});

describe('refusals', () => {
  const refusing = async (code: string, times: number, status = 400): Promise<Appender> => {
    world.sim.faults.add({ ...createOf(user), times, before: { status, code, message: 'no' } });
    return await world.appender(user, { writer: { concurrency: 1 } });
  };

  it.each([
    ['ErrorQuotaExceeded', 507, 'quota'],
    ['ErrorQuotaExceeded', 400, 'quota'],
    ['ErrorMessageSizeExceeded', 413, 'too-large'],
    ['ErrorSomethingNew', 400, 'other'],
  ])('%s (%d) is "%s", and the next message is stored', async (code, status, reason) => {
    const appender = await refusing(code, 1, status);
    const { outcomes } = await appender.append('INBOX', [mail('a'), mail('b')]);
    expect(outcomes).toMatchObject([{ kind: 'refused', reason }, { kind: 'stored' }]);
    await appender.close();
    expect(world.stored(user).map(keyOfItem)).toEqual([keyOf('b')]);
  });

  it.each([
    ['ErrorAccessDenied', 403, 'no', /^PERMISSION/],
    ['MailboxNotEnabledForRESTAPI', 404, 'no', /^(MAILBOX|PERMISSION)/],
    ['ErrorQuotaExceeded', 400, 'Cannot get ID from name.', /^QUOTA_EXCEEDED$/],
  ])('%s (%d "%s") is the trouble of the mailbox', async (code, status, message, expected) => {
    world.sim.faults.add({ ...createOf(user), before: { status, code, message } });
    const appender = await world.appender(user);
    await expect(appender.append('INBOX', [mail('a')])).rejects.toMatchObject({
      code: expect.stringMatching(expected),
    });
    expect(appender.usable).toBe(false);
    await appender.close();
  });

  it.each([
    [1, [], 'left out'],
    [2, ['original.eml'], 'attach'],
  ])(
    'content that is refused %d times is stored without what offends, then as an attachment',
    async (times, names, why) => {
      const appender = await refusing('UnableToDeserializePostBody', times);
      const text =
        'From: bob@example.org\r\nTo: undisclosed-recipients:;\r\nX-Mailer: mutt\r\nSubject: a\r\n\r\nHello\r\n';
      const { outcomes } = await appender.append('INBOX', [mail('a', { text })]);
      await appender.close();
      expect(outcomes).toMatchObject([{ kind: 'stored' }]);
      expect(JSON.stringify(outcomes)).toMatch(new RegExp(why));
      expect(world.stored(user).map(({ attachments }) => attachments.map(({ name }) => name))).toEqual([names]);
    },
  );

  it('content that is refused in every form is refused', async () => {
    const appender = await refusing('UnableToDeserializePostBody', 3);
    const { outcomes } = await appender.append('INBOX', [mail('a')]);
    expect(outcomes).toMatchObject([{ kind: 'refused', reason: 'content', response: expect.stringContaining('no') }]);
    await appender.close();
  });

  it('a text that is larger than a request is attached', async () => {
    const appender = await world.appender(user);
    const body = `${'x'.repeat(70)}\r\n`.repeat(50_000);
    const text = `Subject: long\r\n\r\n${body}`;
    const { outcomes } = await appender.append('INBOX', [mail('long', { text })]);
    await appender.close();
    expect(outcomes).toMatchObject([{ kind: 'stored', uid: 1 }]);
    const [item] = world.stored(user);
    expect(item?.attachments.map(({ bytes }) => bytes.toString().endsWith(body))).toEqual([true]);
  });

  it('a date Exchange cannot hold, and a folder that is not there, are refused for that', async () => {
    const appender = await world.appender(user);
    const { outcomes } = await appender.append('INBOX', [mail('a', { internalDate: Date.UTC(1600, 0, 1) })]);
    expect(outcomes).toMatchObject([{ kind: 'refused', reason: 'date' }]);
    const missing = await appender.append('Nowhere', [mail('a')]);
    expect(missing.outcomes).toMatchObject([{ kind: 'refused', reason: 'no-folder' }]);
    expect(appender.usable).toBe(true);
    await appender.close();
  });

  it('a folder that was made anew is found again', async () => {
    const session = await world.session(user);
    await session.create('Work', null);
    const appender = await world.appender(user);
    const before = await appender.append('Work', [mail('a')]);
    world.renew(user, 'Work');
    const after = await appender.append('Work', [mail('b')]);
    await appender.close();
    expect(after.outcomes).toMatchObject([{ kind: 'stored', uid: 1 }]);
    expect(after.uidValidity).not.toBe(before.uidValidity);
    expect(world.stored(user, 'Work').map(keyOfItem)).toEqual([keyOf('b')]);
  });
});

it('keeps four under way over all calls, and answers the calls in order', async () => {
  world.sim.faults.add({ ...createOf(user), answerDelayMs: 300 });
  const appender = await world.appender(user);
  const ended: string[] = [];
  const call = async (name: string, messages: OutgoingMessage[]): Promise<void> => {
    await appender.append('INBOX', messages);
    ended.push(name);
  };
  const storedWhen: number[] = [];
  world.sim.onRequest((entry, when) => {
    if (isCreate(entry) && when === 'after' && entry.fault !== null) storedWhen.push(world.stored(user).length);
  });
  const names = Array.from({ length: 6 }, (_, index) => `first ${index}`);
  await Promise.all([
    call(
      'first',
      names.map((name) => mail(name)),
    ),
    call('second', [mail('second')]),
  ]);
  await appender.close();
  expect(ended).toEqual(['first', 'second']);
  // The second call's message did not wait for the slow one of the first.
  expect(storedWhen).toEqual([7]);
  expect(world.sim.highWater(user)).toBeLessThanOrEqual(4);
});

describe('the other ways', () => {
  const imapAppender = () => {
    const appended: OutgoingMessage[] = [];
    const appender: Appender = {
      strategy: 'plain',
      usable: true,
      append: async (_, messages) => {
        appended.push(...messages);
        return { uidValidity: 1, outcomes: messages.map(() => ({ kind: 'stored', uid: 77 })) };
      },
      close: async () => undefined,
    };
    return { appended, imap: async () => appender };
  };
  const SIGNED =
    'From: bob@example.org\r\nMessage-ID: <signed@example.org>\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n';

  it('auto: signed and large go over IMAP, without the keywords it cannot keep; others and long lines do not', async () => {
    const { appended, imap } = imapAppender();
    const appender = await world.appender(user, { writer: { imap } });
    const longLine = `${SIGNED}${'x'.repeat(10_240)}\r\n`;
    const { outcomes } = await appender.append('INBOX', [
      mail('plain'),
      mail('signed', { text: SIGNED, flags: ['\\Seen', 'work', '$MDNSent'] }),
      mailWith('large', [3_600_000]),
      mail('line', { text: longLine }),
      mail('draft', { text: SIGNED, flags: ['\\Draft'] }),
    ]);
    await appender.close();
    expect(appended.map(({ key, flags }) => [key, flags])).toEqual([
      [keyOf('signed'), ['\\Seen', '$MDNSent']],
      [keyOf('large'), ['\\Seen']],
    ]);
    expect(outcomes[1]).toMatchObject({
      kind: 'stored',
      uid: null,
      alterations: [{ what: expect.stringMatching(/work/) }],
    });
    expect(world.stored(user).map(keyOfItem).sort()).toEqual([keyOf('draft'), keyOf('line'), keyOf('plain')].sort());
  });

  it('importMime needs to be proven', async () => {
    const appender = await world.appender(user, { writer: { writer: 'graph-importmime' } });
    await expect(
      appender.append('INBOX', [mail('a', { text: 'Message-ID: <a@example.org>\r\n\r\nHello' })]),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await appender.close();
    expect(world.stored(user)).toEqual([]);
  });

  it.each([true, false])(
    'importMime keeps the MIME; flags follow, and the key where that is allowed: %s',
    async (keyAllowed) => {
      world.sim.switches.importMimeDate = 'date-header';
      const importMimeProof = { arrival: 'date', isRead: false, keyAllowed } as const;
      const appender = await world.appender(user, { writer: { writer: 'graph-importmime', importMimeProof } });
      const text = `Date: Wed, 29 Feb 2012 23:59:58 +0000\r\n${SIGNED}`;
      const { outcomes } = await appender.append('INBOX', [
        mail('a', { text, flags: ['\\Seen', '\\Flagged', 'work'] }),
        mail('b', { text, flags: ['\\Answered'], internalDate: ARRIVAL + 1000 }),
      ]);
      await appender.close();
      const [a, b] = world.stored(user);
      const [first, second] = a?.isRead === true ? [a, b] : [b, a];
      expect(first).toMatchObject({
        isDraft: false,
        isRead: true,
        flag: { flagStatus: 'flagged' },
        categories: ['work'],
      });
      expect(second).toMatchObject({ isDraft: false, isRead: false, received: ARRIVAL });
      expect(first === undefined ? null : keyOfItem(first)).toBe(keyAllowed ? keyOf('a') : undefined);
      const named = outcomes.map((one) =>
        one.kind === 'stored' ? (one.alterations ?? []).map(({ what }) => what) : null,
      );
      expect(named[0]).toEqual([]);
      expect(named[1]?.map((what) => /date of arrival|replied/.exec(what)?.[0])).toEqual(
        keyAllowed ? ['date of arrival'] : ['date of arrival', 'replied'],
      );
    },
  );
});
