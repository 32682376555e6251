import { MxodusError, type MxodusEvent } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capturedTerminal } from './captured-terminal.ts';
import { troubleOf } from './error-text.ts';
import type { EventView } from './event-view.ts';
import { Output } from './output.ts';
import { type ProgressChoice, progressMode } from './progress-mode.ts';

const NOON = new Date('2026-11-22T12:00:00Z');
const now = (): Date => NOON;

const view: EventView<MxodusEvent> = {
  on: (event) => [`line ${event.type}`],
  block: (_at, width) => [`block ${'x'.repeat(width)}`],
  due: () => ['due'],
};

const waiting: MxodusEvent = {
  type: 'waiting',
  mailbox: 'ann@example.com',
  why: 'throttled',
  until: null,
  over: false,
};
const failed = (where: string, size: number): MxodusEvent => ({
  type: 'error',
  code: 'AUTH_FAILED',
  where,
  what: `refused after ${size} ms`,
  why: 'the password is wrong',
  do: 'give the right one',
});

function open(options: { tty?: boolean; json?: boolean; progress?: ProgressChoice; env?: Record<string, string> }) {
  const terminal = capturedTerminal({ columns: 40, ...options });
  const { json = false, progress = 'auto' } = options;
  const output = new Output({ terminal, json, progress: progressMode(progress, json, terminal), colour: true, now });
  return { output, text: terminal.text };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('events', () => {
  it.each<[string, Parameters<typeof open>[0], string, string]>([
    ['a terminal', { tty: true }, 'line waiting\n', ''],
    ['a log', {}, 'line waiting\n', ''],
    ['a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, 'line waiting\n', ''],
    ['--progress quiet', { tty: true, progress: 'quiet' }, '', ''],
    [
      '--json',
      { tty: true, json: true },
      '',
      '{"v":1,"type":"waiting","time":"2026-11-22T12:00:00.000Z","mailbox":"ann@example.com","why":"throttled","until":null,"over":false}\n',
    ],
  ])('are shown on %s', (_, options, stderr, stdout) => {
    const { output, text } = open(options);
    output.begin(view)(waiting);
    output.end();
    expect(text).toEqual({ stderr, stdout });
  });

  it('scroll by above the live block, which is cut to the width and redrawn', () => {
    const { output, text } = open({ tty: true });
    const emit = output.begin(view);
    vi.advanceTimersByTime(500);
    const block = `block ${'x'.repeat(32)}…\n`;
    expect(text.stderr).toBe(block);
    emit(waiting);
    expect(text.stderr).toBe(`${block}\u001b[1A\r\u001b[Jline waiting\n`);
    vi.advanceTimersByTime(500);
    expect(text.stderr.endsWith(`line waiting\n${block}`)).toBe(true);
    output.end();
    expect(text.stderr.endsWith('\u001b[1A\r\u001b[J')).toBe(true);
  });

  it('become due lines in a log', () => {
    const { output, text } = open({});
    output.begin(view);
    vi.advanceTimersByTime(2000);
    expect(text.stderr).toBe('due\ndue\n');
    output.end();
  });
});

describe('errors', () => {
  it('say what, why and what to do, also with --progress quiet', () => {
    const { output, text } = open({ progress: 'quiet' });
    output.begin(view)(failed('ann@example.com', 5));
    expect(text.stderr).toBe(
      'error AUTH_FAILED  ann@example.com\n  what  refused after 5 ms\n  why   the password is wrong\n  do    give the right one\n',
    );
  });

  it('of one cause are shown three times and counted at the end, whatever the numbers in them', () => {
    const { output, text } = open({ progress: 'quiet' });
    const emit = output.begin(view);
    for (let n = 0; n < 8; n += 1) emit(failed(`user${n}@example.com`, n));
    output.end();
    expect(text.stderr.match(/error AUTH_FAILED/g)).toHaveLength(3);
    expect(text.stderr).toContain('and 5 more like it, AUTH_FAILED: refused after 0 ms\n');
  });

  it('are all there with --json', () => {
    const { output, text } = open({ json: true });
    const emit = output.begin(view);
    for (let n = 0; n < 8; n += 1) emit(failed('ann@example.com', n));
    expect(text.stdout.trim().split('\n')).toHaveLength(8);
    expect(text.stderr).toBe('');
  });

  it('keep the lines of a server’s answer apart from the parts', () => {
    const { output, text } = open({});
    output.error(
      troubleOf(new MxodusError('SERVER_ANSWER', { what: 'the server said\nBAD', why: 'unknown', advice: 'ask' })),
    );
    expect(text.stderr).toBe(
      'error SERVER_ANSWER\n  what  the server said\n        BAD\n  why   unknown\n  do    ask\n',
    );
  });

  it('that nobody expected look different and name the log', () => {
    const { output, text } = open({});
    output.error(troubleOf(new TypeError('x is not a function')), 'mxodus.log');
    expect(text.stderr).toBe(
      'bug UNEXPECTED\n  what  TypeError: x is not a function\n  why   this is a bug in mxodus; the ledger is safe\n' +
        '  do    please report it with the log file named below\n  log   mxodus.log\n',
    );
  });
});

describe('colour', () => {
  it.each([
    ['on a terminal', { tty: true }, true, true],
    ['not in a pipe', { tty: false }, true, false],
    ['not with NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, true, false],
    ['not on a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, true, false],
    ['not with --no-color', { tty: true }, false, false],
  ])('is used %s', (_, options, colour, coloured) => {
    const terminal = capturedTerminal(options);
    const { style } = new Output({ terminal, json: false, progress: 'quiet', colour, now });
    expect(style.good('ok') !== 'ok').toBe(coloured);
  });
});
