import {
  type FleetWorker,
  invariant,
  RUN_STATES,
  type Run,
  type RunState,
  type RunTask,
  taskMailboxSchema,
  workerSchema,
} from '@mxodus/model';
import { integer, type Row, text } from '../rows/columns.ts';

export const runOf = (row: Row): Run => ({
  id: integer(row, 'id'),
  project: text(row, 'project'),
  planSha256: text(row, 'plan_sha256'),
  onlyFailed: row.only_failed === true,
  appendOnly: row.append_only === true,
  state: stateOf(text(row, 'state')),
  orderedAt: time(row, 'ordered_at'),
  endedAt: timeOrNull(row, 'ended_at'),
});

export const taskOf = (row: Row): RunTask => ({
  id: integer(row, 'id'),
  runId: integer(row, 'run_id'),
  messages: integer(row, 'messages'),
  wave: integer(row, 'wave'),
  firstAt: timeOrNull(row, 'first_at'),
  mailboxes: taskMailboxSchema.array().parse(JSON.parse(text(row, 'mailboxes'))),
  troubles: integer(row, 'troubles'),
  notBefore: timeOrNull(row, 'not_before'),
  ended: row.ended === true,
});

export const workerOf = (row: Row): FleetWorker => ({
  ...workerSchema.parse(JSON.parse(text(row, 'info'))),
  seenAt: time(row, 'seen_at'),
});

function stateOf(text: string): RunState {
  const state = RUN_STATES.find((known) => known === text);
  invariant(state !== undefined, `${text} is a state of a run`);
  return state;
}

function time(row: Row, column: string): string {
  const value = row[column];
  invariant(value instanceof Date, `the column ${column} is a time`);
  return value.toISOString();
}

const timeOrNull = (row: Row, column: string): string | null => (row[column] === null ? null : time(row, column));
