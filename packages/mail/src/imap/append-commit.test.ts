import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@mxodus/lab';
import { MxodusError, type OutgoingMessage } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { channelTo, FULL, message, messages } from './append-peer.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const LOST = new MxodusError('LEASE_LOST', { what: 'lost', why: 'a test', advice: 'none' });

/** Allows so many commands. */
function allowing(most: number) {
  const asked = { times: 0 };
  const mayCommit = (): void => {
    asked.times += 1;
    if (asked.times > most) throw LOST;
  };
  return { asked, mayCommit };
}

const reasonsOf = async (answers: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(answers)).map((one) => (one.status === 'rejected' ? one.reason : 'resolved'));

const random = (subject: string, bytes: number): OutgoingMessage => ({
  ...message(subject),
  body: { kind: 'memory', bytes: Buffer.concat([Buffer.from(`Subject: ${subject}\r\n\r\n`), randomBytes(bytes)]) },
});

describe.each(['clear', 'TLS', 'COMPRESS'] as const)('over %s', (way) => {
  it('a command that may not be completed gets there without its end, and everything under way is in doubt', async () => {
    const { mayCommit, asked } = allowing(1);
    const { channel, peer } = await channelTo(stops, FULL, { way, mayCommit });
    const answers = [
      channel.append('a', messages('1', '2')),
      channel.append('a', [message('3', 100_000), message('4', 100_000)]),
      channel.append('a', messages('5')),
    ];
    expect(await reasonsOf(answers)).toEqual([LOST, LOST, LOST]);
    await peer.ended;
    expect(peer.received.map(({ subjects }) => subjects)).toEqual([['1', '2']]);
    // Of "x\r\n" and the line end of the command.
    expect(peer.latest).toBe(`${'x'.repeat(19)}\r`);
    expect([asked.times, channel.usable]).toEqual([2, false]);
    expect(await reasonsOf([channel.append('a', messages('6'))])).toEqual([LOST]);
    await channel.close();
  });

  it('is asked when the line has taken all before the end, and what comes after the question is whole', async () => {
    const { mayCommit, asked } = allowing(9);
    const { channel, peer } = await channelTo(stops, FULL, {
      way,
      mayCommit,
      onAppend: ({ tag }, { say }) => say(`${tag} OK done`),
    });
    const release = peer.hold();
    // More than the buffers of both ends hold.
    const batch = Array.from({ length: 32 }, (_, index) => random(`${index}`, 800_000));
    const answers = [channel.append('a', batch), channel.append('a', messages('next'))];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asked.times).toBe(0);
    release();
    const outcomes = (await Promise.all(answers)).flatMap((answer) => answer.outcomes);
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(33);
    expect(asked.times).toBe(2);
    expect(peer.received.map(({ subjects }) => subjects.join(' '))).toEqual([[...batch.keys()].join(' '), 'next']);
  });
});

describe.each([
  ['multiappend', FULL, 2],
  ['pipelined', 'LITERAL+', 5],
  ['plain', 'IMAP4REV1', 5],
] as const)('with %s', (strategy, capabilities, commands) => {
  it('each command is asked for once', async () => {
    const { mayCommit, asked } = allowing(99);
    const { channel, peer } = await channelTo(stops, capabilities, {
      mayCommit,
      // The next is written while nothing was answered; plain waits for every answer.
      onAppend: ({ tag }, { say }) => strategy === 'plain' && say(`${tag} OK done`),
    });
    const answers = [channel.append('a', messages('1', '2', '3')), channel.append('a', messages('4', '5'))];
    await until('all of them are there', () => peer.received.length === commands);
    expect(asked.times).toBe(commands);
    for (const { tag } of peer.received) peer.say(`${tag} OK done`);
    expect(await reasonsOf(answers)).toEqual(['resolved', 'resolved']);
  });

  it('nothing is completed that may not be', async () => {
    const { mayCommit } = allowing(0);
    const { channel, peer } = await channelTo(stops, capabilities, { mayCommit });
    const answers = [channel.append('a', [message('1', 5000), message('2')]), channel.append('a', messages('3'))];
    expect(await reasonsOf(answers)).toEqual([LOST, LOST]);
    await peer.ended;
    expect(peer.received).toEqual([]);
    expect(peer.lines).toEqual(['APPEND']);
  });

  it('messages of no byte, of one and of two are sent as they are', async () => {
    const { channel, peer } = await channelTo(stops, capabilities, {
      ...allowing(99),
      onAppend: ({ tag }, { say }) => say(`${tag} OK done`),
    });
    const tiny = ['', 'a', 'ab'].map(
      (text): OutgoingMessage => ({ ...message(''), body: { kind: 'memory', bytes: Buffer.from(text) } }),
    );
    for (const one of tiny) await channel.append('a', [one]);
    expect([peer.received.length, peer.literalBytes]).toEqual([3, 3]);
  });

  it('a command that the ear for writes forbids is not begun, and everything under way rejects with its reason', async () => {
    let told = 0;
    const { channel, peer } = await channelTo(stops, capabilities, {
      ...allowing(99),
      onWrite: () => {
        told += 1;
        if (told > 1) throw LOST;
      },
      onAppend: ({ tag }, { say }) => strategy === 'plain' && say(`${tag} OK done`),
    });
    const answers = [channel.append('a', messages('1')), channel.append('a', messages('2'))];
    expect(await reasonsOf(answers)).toEqual([strategy === 'plain' ? 'resolved' : LOST, LOST]);
    await peer.ended;
    expect(peer.lines).toEqual(['APPEND']);
    expect(channel.usable).toBe(false);
  });
});

describe('a message in a file', () => {
  async function inFile(bytes: number): Promise<OutgoingMessage> {
    const dir = await mkdtemp(join(tmpdir(), 'mx-commit-'));
    stops.push(() => rm(dir, { recursive: true }));
    const path = join(dir, 'body');
    await writeFile(path, `Subject: 1\r\n\r\n${'x'.repeat(bytes - 16)}\r\n`);
    return { ...message(''), body: { kind: 'file', path, size: bytes } };
  }

  it.each([16, 262_144, 700_000])('of %i bytes is whole when it may be completed', async (bytes) => {
    const { channel, peer } = await channelTo(stops, FULL, {
      ...allowing(1),
      onAppend: ({ tag }, { say }) => say(`${tag} OK done`),
    });
    await channel.append('a', [await inFile(bytes)]);
    expect([peer.literalBytes, peer.latest.slice(-4)]).toEqual([bytes, '\r\n\r\n']);
  });

  it('lacks its last byte when it may not', async () => {
    const { channel, peer } = await channelTo(stops, FULL, allowing(0));
    expect(await reasonsOf([channel.append('a', [await inFile(700_000)])])).toEqual([LOST]);
    await peer.ended;
    expect([peer.received, peer.latest.slice(-2)]).toEqual([[], 'x\r']);
  });
});
