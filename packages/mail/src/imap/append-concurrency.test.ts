import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@mxodus/lab';
import type { AppendAnswer, OutgoingMessage } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { channelTo, FULL, message, messages, type Received } from './append-peer.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Stores all but what `refuses`, all or nothing, and remembers the UIDs it gave. */
function storing(refuses: (subject: string) => boolean = () => false) {
  const uids = new Map<string, number>();
  const answerTo = ({ tag, subjects }: Received): string => {
    if (subjects.some(refuses)) return `${tag} NO not that one`;
    const first = uids.size + 1;
    for (const subject of subjects) {
      if (uids.has(subject)) throw new Error(`${subject} was sent twice`);
      uids.set(subject, uids.size + 1);
    }
    return `${tag} OK [APPENDUID 7 ${first}:${uids.size}] done`;
  };
  return { uids, answerTo };
}

const kinds = ({ outcomes }: AppendAnswer): (number | string | null)[] =>
  outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.uid : outcome.reason));

describe('calls that are made while others are under way', () => {
  it('are written at once, one after the other', async () => {
    const { channel, peer } = await channelTo(stops, FULL);
    const answers = [channel.append('a', messages('1', '2')), channel.append('a', messages('3'))];
    await until('both batches are there, though none was answered', () => peer.received.length === 2);
    const [first, second] = peer.received;
    peer.say(`${first?.tag} OK [APPENDUID 7 1:2] done`);
    peer.say(`${second?.tag} OK [APPENDUID 7 3] done`);
    expect((await Promise.all(answers)).map(kinds)).toEqual([[1, 2], [3]]);
  });

  it('are answered in their order, whatever the order of the server', async () => {
    const { channel, peer } = await channelTo(stops, FULL);
    const order: number[] = [];
    const answers = [1, 2].map(async (call) => {
      await channel.append('a', messages(`${call}`));
      order.push(call);
    });
    await until('both batches are there', () => peer.received.length === 2);
    peer.say(`${peer.received[1]?.tag} OK done`);
    peer.say(`${peer.received[0]?.tag} OK done`);
    await Promise.all(answers);
    expect(order).toEqual([1, 2]);
  });

  it('keep their place when the first is refused: its halves follow what was written', async () => {
    const server = storing((subject) => subject === '2');
    const { channel, peer, writes } = await channelTo(stops, FULL);
    const answers = [channel.append('a', messages('1', '2', '3', '4')), channel.append('a', messages('5', '6'))];
    let answered = 0;
    await until('both batches are there', () => peer.received.length === 2);
    const answering = setInterval(() => {
      for (; answered < peer.received.length; answered += 1) {
        const next = peer.received[answered];
        if (next !== undefined) peer.say(server.answerTo(next));
      }
    }, 5);
    stops.push(() => clearInterval(answering));
    expect((await Promise.all(answers)).map(kinds)).toEqual([
      [5, 'other', 3, 4],
      [1, 2],
    ]);
    expect(peer.received.map(({ subjects }) => subjects.join(''))).toEqual(['1234', '56', '12', '34', '1', '2']);
    expect(writes).toHaveLength(6);
  });

  it('wait while a message that asks first is written, and are not put into it', async () => {
    const server = storing();
    let letGo: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { channel, peer } = await channelTo(stops, FULL, {
      onAsk: async (_, { say }) => {
        await asked;
        say('+ go on');
      },
      onAppend: (append, { say }) => say(server.answerTo(append)),
    });
    const large = message('2', 2 * 1024 * 1024);
    const answers = [
      channel.append('a', messages('1')),
      channel.append('a', [large, ...messages('3')]),
      channel.append('a', messages('4')),
    ];
    await answers[0];
    letGo();
    expect((await Promise.all(answers)).map(kinds)).toEqual([[1], [2, 3], [4]]);
    expect(peer.received.map(({ asked: asks, subjects }) => [asks, ...subjects])).toEqual([
      [false, '1'],
      [true, '2'],
      [false, '3'],
      [false, '4'],
    ]);
  });

  it('all reject when the connection is cut', async () => {
    const { channel, peer } = await channelTo(stops, FULL);
    const answers = [channel.append('a', messages('1')), channel.append('a', messages('2'))];
    await until('both batches are there', () => peer.received.length === 2);
    peer.cut();
    expect((await Promise.allSettled(answers)).map((settled) => settled.status)).toEqual(['rejected', 'rejected']);
    expect(channel.usable).toBe(false);
    await expect(channel.append('a', messages('3'))).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('end in one LOGOUT, after the last byte of mail', async () => {
    const server = storing();
    const { channel, peer } = await channelTo(stops, FULL, {
      onAppend: (append, { say }) => say(server.answerTo(append)),
    });
    const answer = channel.append('a', [message('1', 3 * 1024 * 1024), ...messages('2')]);
    await channel.close();
    expect(kinds(await answer)).toEqual([1, 2]);
    expect(peer.lines).toEqual(['APPEND', 'APPEND', 'LOGOUT']);
  });
});

it.each([
  ['* BYE [UNAVAILABLE] Maximum number of connections from user+IP exceeded', 'SERVER_BUSY', 'fewer-connections'],
  ['* BYE Request is throttled. Suggested Backoff Time: 60000 milliseconds', 'SERVER_BUSY', 'pause'],
  ['* BYE Invalid character in literal', 'CONNECTION_LOST', undefined],
])('a server that says "%s" inside APPEND leaves every call in doubt', async (bye, code, kind) => {
  const { channel } = await channelTo(stops, FULL, {
    onAsk: (_, peer) => {
      peer.say(bye);
      peer.cut();
    },
  });
  const answers = [channel.append('a', [message('1', 2 * 1024 * 1024)]), channel.append('a', messages('2'))];
  for (const answer of answers) {
    const error: unknown = await answer.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringContaining(bye.slice(6)) });
    expect(Reflect.get(Object(error), 'hint')?.kind).toBe(kind);
  }
});

describe('an answer of OK', () => {
  it.each(['[APPENDUID 1 1:4294967295] done', 'done', '[APPENDUID 1 3,2] done', '[APPENDUID 0 1:2] done'])(
    'with "%s" is believed without its UIDs',
    async (text) => {
      const { channel } = await channelTo(stops, FULL, { onAppend: ({ tag }, { say }) => say(`${tag} OK ${text}`) });
      expect(await channel.append('a', messages('1', '2'))).toEqual({
        uidValidity: null,
        outcomes: [
          { kind: 'stored', uid: null },
          { kind: 'stored', uid: null },
        ],
      });
    },
  );

  it('of a folder that was made anew meanwhile takes the UIDs before it away', async () => {
    let uidValidity = 6;
    const { channel } = await channelTo(stops, 'LITERAL+', {
      onAppend: ({ tag }, { say }) => {
        uidValidity += 1;
        say(`${tag} OK [APPENDUID ${uidValidity} 5] done`);
      },
    });
    const answer = await channel.append('a', messages('1', '2'));
    expect([answer.uidValidity, kinds(answer)]).toEqual([8, [null, 5]]);
  });
});

it('tells what a busy server asks for, and does not try smaller batches', async () => {
  const { channel, writes } = await channelTo(stops, FULL, {
    onAppend: ({ tag }, { say }) => say(`${tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits.`),
  });
  const { outcomes } = await channel.append('a', messages('1', '2'));
  const hint = { kind: 'pause', scope: 'login' };
  expect(outcomes).toMatchObject([
    { kind: 'refused', reason: 'busy', hint },
    { kind: 'refused', reason: 'busy', hint },
  ]);
  expect(writes).toHaveLength(1);
});

describe('without LITERAL+', () => {
  it('LITERAL- sends small messages at once, and asks for those above 4096 bytes', async () => {
    const server = storing();
    const { channel, peer } = await channelTo(stops, 'LITERAL- UIDPLUS');
    expect(channel.strategy).toBe('pipelined');
    const answer = channel.append('a', [...messages('1', '2', '3'), message('4', 5000)]);
    await until('all are there, though none was answered', () => peer.received.length === 4);
    expect(peer.received.map(({ asked }) => asked)).toEqual([false, false, false, true]);
    for (const append of peer.received) peer.say(server.answerTo(append));
    expect(kinds(await answer)).toEqual([1, 2, 3, 4]);
  });

  it('one message at a time is under way, over all calls', async () => {
    const server = storing((subject) => subject === '2');
    const { channel, peer } = await channelTo(stops, 'UIDPLUS MULTIAPPEND');
    expect(channel.strategy).toBe('plain');
    const answers = [channel.append('a', messages('1', '2')), channel.append('a', messages('3'))];
    for (let count = 1; count <= 3; count += 1) {
      await until(`message ${count} is there`, () => peer.received.length === count);
      // Time enough for a command that should not come.
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(peer.lines).toHaveLength(count);
      const last = peer.received.at(-1);
      if (last !== undefined) peer.say(server.answerTo(last));
    }
    expect((await Promise.all(answers)).map(kinds)).toEqual([[1, 'other'], [2]]);
  });
});

it('has at most 32 commands under way', async () => {
  const server = storing();
  const { channel, peer } = await channelTo(stops, 'LITERAL+');
  const all = Array.from({ length: 40 }, (_, index) => `${index}`);
  const answer = channel.append('a', messages(...all));
  await until('the window is full', () => peer.received.length === 32);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(peer.lines).toHaveLength(32);
  for (let next = 0; next < 40; next += 1) {
    await until('the next is there', () => peer.received.length > next);
    const append = peer.received[next];
    if (append !== undefined) peer.say(server.answerTo(append));
  }
  expect(kinds(await answer)).toEqual(all.map((_, index) => index + 1));
});

describe('a message in a file', () => {
  const inFile = async (content: string, size: number): Promise<OutgoingMessage> => {
    const dir = await mkdtemp(join(tmpdir(), 'mx-append-'));
    stops.push(() => rm(dir, { recursive: true }));
    await writeFile(join(dir, 'body'), content);
    return { flags: [], internalDate: null, key: '', body: { kind: 'file', path: join(dir, 'body'), size } };
  };

  it('that is longer than announced is sent as announced', async () => {
    const server = storing();
    const { channel } = await channelTo(stops, FULL, { onAppend: (append, { say }) => say(server.answerTo(append)) });
    expect(kinds(await channel.append('a', [await inFile('Subject: 1\r\n\r\nmore', 14), message('2')]))).toEqual([
      1, 2,
    ]);
  });

  it('that is shorter than announced ends the connection: no command is taken for the rest of it', async () => {
    const { channel, peer } = await channelTo(stops, FULL);
    const answers = [channel.append('a', [await inFile('Subject: 1\r\n', 100)]), channel.append('a', messages('2'))];
    expect((await Promise.allSettled(answers)).map((settled) => settled.status)).toEqual(['rejected', 'rejected']);
    expect(channel.usable).toBe(false);
    expect(peer.lines).toEqual(['APPEND']);
    expect(peer.received).toEqual([]);
  });
});

/** A small generator with a seed, so that a failure can be seen again. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

it.each(Array.from({ length: 24 }, (_, seed) => seed))(
  'whatever is refused, each message is stored once (seed %i)',
  async (seed) => {
    const roll = dice(seed + 1);
    const capabilities = [FULL, 'LITERAL+', 'LITERAL- MULTIAPPEND', 'IMAP4REV1'][seed % 4] ?? '';
    const server = storing((subject) => Number(subject) % 7 === seed % 7);
    const { channel } = await channelTo(stops, capabilities, {
      onAppend: (append, { say }) => setTimeout(() => say(server.answerTo(append)), roll(4)),
    });
    let count = 0;
    const calls = Array.from({ length: 6 }, () =>
      Array.from({ length: roll(9) }, () => message(`${count++}`, roll(3) === 0 ? 5000 : 10)),
    );
    const answers = await Promise.all(calls.map((call) => channel.append('a', call)));
    const outcomes = answers.flatMap(({ outcomes: of }) => of);
    expect(outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.uid : null))).toEqual(
      Array.from({ length: count }, (_, index) => server.uids.get(`${index}`) ?? null),
    );
    expect(server.uids.size).toBe(outcomes.filter((outcome) => outcome.kind === 'stored').length);
  },
);
