import { EXIT, noMessages, type RunTask, type TaskMailbox, type TaskResult } from '@mxodus/model';
import { expect, it } from 'vitest';
import { RunEvents } from './run-events.ts';

const ANN = 'ann@old.example';
const BOB = 'bob@old.example';

const task = (...mailboxes: TaskMailbox[]): RunTask => ({
  ...{ id: 1, runId: 7, messages: 100, wave: 50, firstAt: null, troubles: 0, notBefore: null, ended: false },
  mailboxes,
});
const waiting = (address: string): TaskMailbox => ({ address, passId: null, progress: null, result: null });
const wait = { why: 'the server asked for a pause', until: '2026-11-22T12:00:00.000Z' };
const at = (settled: number, some: Partial<NonNullable<TaskMailbox['progress']>> = {}): TaskMailbox => ({
  address: ANN,
  passId: 3,
  progress: {
    ...{ settled, messages: 90, bytes: settled * 1000, destinationWrites: 2, flagsChanged: 1, wait: null },
    ...{ worker: 'w-1', ...some },
  },
  result: null,
});
const result: TaskResult = {
  ...{ exitCode: EXIT.notAllMoved, sourceMessages: 90, buckets: { ...noMessages(), moved_now: 89, cannot: 1 } },
  ...{ destinationWrites: 9, bytes: 89_000, flagsChanged: 1, error: null },
};
const ended: TaskMailbox = { ...at(90), result };

const open = (): RunEvents =>
  new RunEvents({
    before: new Map([ANN, BOB].map((address) => [address, { messages: 100, known: 40, inDoubt: 1 }])),
    appendOnly: true,
  });

it('tells of a mailbox what a sync of this process tells, once each', () => {
  const events = open();
  const told = [[waiting(ANN)], [at(10)], [at(10)], [at(30, { wait })], [at(30, { wait })], [at(60)], [ended], [ended]];
  expect(told.map((mailboxes) => events.look([task(...mailboxes, waiting(BOB))]))).toEqual([
    [],
    [
      {
        ...{ type: 'mailbox_started', mailbox: ANN, source_messages: 90, known: 40, in_doubt: 1, append_only: true },
      },
      {
        ...{ type: 'progress', mailbox: ANN, folder: '', done: 10, source_messages: 90, bytes: 10_000, worker: 'w-1' },
      },
    ],
    [],
    [expect.objectContaining({ type: 'progress', done: 30 }), { type: 'waiting', mailbox: ANN, ...wait, over: false }],
    [],
    [
      expect.objectContaining({ type: 'progress', done: 60 }),
      { type: 'waiting', mailbox: ANN, why: '', until: null, over: true },
    ],
    [
      {
        ...{ type: 'mailbox_finished', mailbox: ANN, source_messages: 90, buckets: result.buckets, flags_changed: 1 },
        ...{ destination_writes: 9, bytes: 89_000, exit_code: EXIT.notAllMoved },
      },
    ],
    [],
  ]);
});

it('ends the wait of a mailbox before the mailbox, and tells its error first', () => {
  const events = open();
  events.look([task(at(10, { wait }))]);
  const words = { what: 'refused', why: 'wrong password', advice: 'look it up' };
  const failed = { ...result, exitCode: EXIT.signIn, error: { code: 'AUTH_FAILED', ...words, where: ANN } as const };
  expect(events.look([task({ ...ended, result: failed })]).map(({ type }) => type)).toEqual([
    'waiting',
    'error',
    'mailbox_finished',
  ]);
});
