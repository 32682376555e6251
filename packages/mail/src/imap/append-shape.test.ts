import type { OutgoingMessage } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { appendShape, appendSteps } from './append-shape.ts';

const message = (size: number): OutgoingMessage => ({
  flags: [],
  internalDate: null,
  key: '',
  body: { kind: 'memory', bytes: Buffer.alloc(size) },
});
const inFile = (size: number): OutgoingMessage => ({
  flags: [],
  internalDate: null,
  key: '',
  body: { kind: 'file', path: 'body', size },
});

/** `3` is a command of three messages, `?` one that asks first. */
const shapeOf = (capabilities: string, messages: readonly OutgoingMessage[]): string[] =>
  appendSteps(messages, appendShape(capabilities.split(' '))).map(({ literal, messages: sent }) =>
    literal === 'synchronising' ? '?' : String(sent.length),
  );

const SMALL = [10, 20, 30].map(message);

describe('the commands for some messages', () => {
  it.each([
    ['LITERAL+ MULTIAPPEND', SMALL, ['3']],
    ['LITERAL+ MULTIAPPEND MESSAGELIMIT=2', SMALL, ['2', '1']],
    ['LITERAL+ MULTIAPPEND MESSAGELIMIT=1000 SAVELIMIT=1', SMALL, ['1', '1', '1']],
    ['LITERAL+ MULTIAPPEND MESSAGELIMIT=0', SMALL, ['3']],
    ['LITERAL+', SMALL, ['1', '1', '1']],
    ['LITERAL-', SMALL, ['1', '1', '1']],
    ['LITERAL- MULTIAPPEND', [message(4096), message(1), message(4097), message(1)], ['2', '?', '1']],
    ['LITERAL+ MULTIAPPEND', [message(1), message(1024 * 1024), message(1), message(1)], ['1', '?', '2']],
    ['LITERAL+ MULTIAPPEND', [message(1), inFile(1), message(1)], ['1', '?', '1']],
    ['MULTIAPPEND', SMALL, ['?', '?', '?']],
    ['IMAP4REV1', [message(0)], ['?']],
    ['LITERAL+ MULTIAPPEND', [], []],
  ])('with %s', (capabilities, messages, steps) => {
    expect(shapeOf(capabilities, messages)).toEqual(steps);
  });
});

it.each([
  ['LITERAL+ MULTIAPPEND', 'multiappend'],
  ['LITERAL- MULTIAPPEND', 'multiappend'],
  ['LITERAL+', 'pipelined'],
  ['LITERAL-', 'pipelined'],
  ['MULTIAPPEND', 'plain'],
  ['', 'plain'],
])('%s makes it %s', (capabilities, strategy) => {
  expect(appendShape(capabilities.split(' ')).strategy).toBe(strategy);
});
