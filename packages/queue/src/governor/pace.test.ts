import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

const SECOND = 1000;
const WORDS = 'NO [THROTTLED] slow down';

/** Sends as fast as the pace allows from `from` to `until`; each command goes well. Returns when they went. */
function send(pace: Pace, from: number, until: number, demand = Number.POSITIVE_INFINITY): number[] {
  const sent: number[] = [];
  for (let at = from; at < until; ) {
    const held = pace.hold(at);
    if (held !== null) {
      at = held.until;
      continue;
    }
    pace.take(at);
    pace.wentWell(at);
    sent.push(at);
    at += demand === Number.POSITIVE_INFINITY ? 1 : SECOND / demand;
  }
  return sent;
}

describe('pauses', () => {
  it('last exactly as long as the server said', () => {
    const pace = new Pace();
    pace.complain(500, 299_961, WORDS);
    expect(pace.hold(500)).toMatchObject({ kind: 'pause', until: 300_461, words: WORDS });
    expect(pace.hold(300_460)?.kind).toBe('pause');
    expect(pace.hold(300_461)).toBeNull();
  });

  it.each([
    ['a later end', 60_000, 100_000, 100_500],
    ['an earlier end', 60_000, 1000, 60_000],
    ['no time', 60_000, null, 60_000],
  ])('end at the latest time that was named, when a second hint names %s', (_, first, second, until) => {
    const pace = new Pace();
    pace.complain(0, first, WORDS);
    pace.complain(500, second, 'and again');
    expect(pace.hold(500)?.until).toBe(until);
  });

  it('without a time are 5 s, 10 s, 20 s and so on up to 5 minutes while complaints go on', () => {
    const pace = new Pace();
    const lengths: number[] = [];
    for (let at = 0, n = 0; n < 8; n += 1) {
      pace.complain(at, null, WORDS);
      const until = pace.hold(at)?.until ?? at;
      lengths.push((until - at) / SECOND);
      pace.take(until);
      at = until + 10;
    }
    expect(lengths).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('without a time count once for a burst of complaints', () => {
    const pace = new Pace();
    for (let n = 0; n < 16; n += 1) pace.complain(n, null, WORDS);
    expect(pace.hold(16)?.until).toBe(5000);
    pace.complain(5000, null, WORDS);
    expect(pace.hold(5000)?.until).toBe(15_000);
  });

  it.each([
    ['nine commands went well', 9, 10_000],
    ['ten commands went well', 10, 5000],
  ])('without a time after %s', (_, commands, length) => {
    const pace = new Pace();
    pace.complain(0, null, WORDS);
    for (let n = 0; n < 20; n += 1) pace.wentWell(4999);
    for (let n = 0; n < commands; n += 1) pace.wentWell(6000);
    pace.complain(100_000, null, WORDS);
    expect(pace.hold(100_000)?.until).toBe(100_000 + length);
  });
});

describe('the pace', () => {
  it('has no limit while there was no complaint', () => {
    expect(send(new Pace(), 0, SECOND)).toHaveLength(1000);
  });

  it('is half of what was seen, after a complaint', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 40);
    pace.complain(20 * SECOND, 5000, WORDS);
    const sent = send(pace, 20 * SECOND, 30 * SECOND);
    expect(sent[0]).toBe(25 * SECOND);
    // 20 a second, and a little faster with each that went well.
    expect(sent.length).toBeGreaterThanOrEqual(100);
    expect(sent.length).toBeLessThan(108);
  });

  it('is halved once for a burst of complaints, and again by one after the pause', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 40);
    for (let n = 0; n < 16; n += 1) pace.complain(20 * SECOND + n, 5000, WORDS);
    send(pace, 20 * SECOND, 26.5 * SECOND);
    pace.complain(26.5 * SECOND, 5000, WORDS);
    const sent = send(pace, 26.5 * SECOND, 36.5 * SECOND);
    expect(sent.length).toBeGreaterThanOrEqual(48);
    expect(sent.length).toBeLessThan(58);
  });

  it('is never slower than a command every five seconds', () => {
    const pace = new Pace();
    for (let at = 0, n = 0; n < 10; n += 1) {
      pace.complain(at, 0, WORDS);
      pace.take(at);
      at += 10;
    }
    const sent = send(pace, 100 * SECOND, 111 * SECOND);
    // The one made up for, and three more.
    expect(sent).toHaveLength(4);
    expect((sent[2] ?? 0) - (sent[1] ?? 0)).toBeGreaterThan(4 * SECOND);
  });

  it('rises to twice what it was at the complaint, in two and a half minutes at full use, and has no limit then', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 40);
    pace.complain(20 * SECOND, 0, WORDS);
    const sent = send(pace, 20 * SECOND, 240 * SECOND);
    const perSecond = (second: number): number =>
      sent.filter((at) => at >= second * SECOND && at < (second + 1) * SECOND).length;
    expect(perSecond(21)).toBeLessThan(23);
    expect(perSecond(95)).toBeGreaterThan(40);
    expect(perSecond(95)).toBeLessThan(60);
    expect(perSecond(160)).toBeLessThanOrEqual(80);
    expect(perSecond(180)).toBe(1000);
  });

  it('does not rise while nothing is sent', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 40);
    pace.complain(20 * SECOND, 0, WORDS);
    expect(send(pace, 3600 * SECOND, 3601 * SECOND).length).toBeLessThanOrEqual(22);
  });

  it('makes up for one command that came late, not for an idle hour', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 4);
    pace.complain(20 * SECOND, 0, WORDS);
    pace.take(20 * SECOND);
    pace.take(20.6 * SECOND);
    expect(pace.hold(20.7 * SECOND)?.until).toBe(21 * SECOND);
    pace.take(1000 * SECOND);
    pace.take(1000 * SECOND);
    expect(pace.hold(1000 * SECOND)?.until).toBe(1000.5 * SECOND);
  });

  it('queues those behind one that waits', () => {
    const pace = new Pace();
    send(pace, 0, 20 * SECOND, 4);
    pace.complain(20 * SECOND, 1000, WORDS);
    expect([0, 1, 4].map((ahead) => pace.hold(20 * SECOND, ahead)?.until)).toEqual([21_000, 21_500, 23_000]);
  });
});
