import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { overTls } from './append-peer.test.support.ts';
import { emptied, takes, withoutTail } from './commit-gate.ts';
import { Wire } from './wire.ts';

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

it.each([
  [['X1 APPEND a {4+}\r\n', Buffer.from('abcd'), '\r\n'], 'X1 APPEND a {4+}\r\nabc', 'd\r\n'],
  [['X1 APPEND a {0+}\r\n', Buffer.alloc(0), '\r\n'], 'X1 APPEND a {0+}\r', '\n\r\n'],
  [[Buffer.from('a'), '\r\n'], '', 'a\r\n'],
  [['\r\n'], '', '\r\n'],
])('of %j the end is held back', (pieces, head, tail) => {
  const parts = withoutTail(pieces);
  expect([Buffer.concat(parts.head.map((one) => Buffer.from(one))).toString(), parts.tail.toString()]).toEqual([
    head,
    tail,
  ]);
});

describe('a line that does not take the end of a command at once', () => {
  it('is known over TLS', async () => {
    const { ours, server } = await overTls();
    stops.push(
      () => ours.destroy(),
      () => server.destroy(),
    );
    server.on('error', () => undefined);
    const end = Buffer.from('abc');
    expect(takes(ours, end)).toBe(true);
    expect(takes(ours, end)).toBe(false);
    await emptied(ours);
    server.pause();
    expect(takes(ours, Buffer.alloc(32 * 1024 * 1024))).toBe(false);
    await nextRound();
    expect(ours.writableLength).toBeGreaterThan(0);
  });

  it('is closed before it can take it later', async () => {
    const sent: string[] = [];
    // Takes the end some time after the question.
    const output = new Writable({
      write: (chunk: Buffer, _, done) => {
        sent.push(chunk.toString());
        if (chunk.length > 3) done();
      },
    });
    const wire = new Wire(new PassThrough(), output, { timeoutMs: 60_000, signal: new AbortController().signal });
    const answer = wire.answer('X1');
    const asked: string[] = [];
    const committing = wire.commit(() => void asked.push('asked'), 'X1 APPEND a {6+}\r\n', 'abcdef', '\r\n');
    const lost = { code: 'CONNECTION_LOST', what: expect.stringContaining('too full') };
    await expect(committing).rejects.toMatchObject(lost);
    await expect(answer).rejects.toMatchObject(lost);
    expect([asked, sent.at(-1), output.destroyed, wire.usable]).toEqual([['asked'], 'f\r\n', true, false]);
  });
});
