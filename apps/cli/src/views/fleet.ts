import { type FleetWorker, type JobState, noMessages, type Run, type RunTask } from '@mxodus/model';
import { cutMiddle, squeezedTable, wrap } from '../output/columns.ts';
import { clockTime, count, counted, minuteOf, percent, roughly } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { errorLines } from './error-groups.ts';
import { commandLine, nextLine } from './next-step.ts';
import { waitText } from './wait-text.ts';

export interface FleetView {
  project: string;
  fleet: string;
  /** null: none was ever ordered. */
  run: Run | null;
  tasks: readonly RunTask[];
  /** Where the tasks are in the queue, by task; null: Redis does not say. */
  queued: ReadonlyMap<number, JobState> | null;
  /** Of this project. */
  workers: readonly FleetWorker[];
  /** Plan and config as the user named them. */
  words: readonly string[];
  now: Date;
  width: number;
}

export interface FleetTotals {
  mailboxes: number;
  ended: number;
  with_trouble: number;
  /** Messages. */
  settled: number;
  messages: number;
}

export function fleetTotals(tasks: readonly RunTask[]): FleetTotals {
  const mailboxes = tasks.flatMap((task) => task.mailboxes);
  const ended = mailboxes.flatMap(({ result }) => (result === null ? [] : [result]));
  const settled = mailboxes.map(({ progress, result }) => {
    if (result === null) return progress?.settled ?? 0;
    const { failed, in_doubt: inDoubt } = result.buckets ?? noMessages();
    return result.sourceMessages - failed - inDoubt;
  });
  return {
    mailboxes: mailboxes.length,
    ended: ended.length,
    with_trouble: ended.filter(({ exitCode }) => exitCode !== 0).length,
    settled: settled.reduce((sum, one) => sum + one, 0),
    messages: tasks.reduce((sum, { messages }) => sum + messages, 0),
  };
}

export const TASK_STATES = ['ended', 'running', 'in line', 'later', 'not in line', 'open'] as const;
type TaskState = (typeof TASK_STATES)[number];

/** `open`: not ended, and Redis does not say more. */
export function taskState(
  { id, ended, notBefore }: RunTask,
  { queued, now }: Pick<FleetView, 'queued' | 'now'>,
): TaskState {
  if (ended) return 'ended';
  switch (queued?.get(id)) {
    case 'running':
    case 'after':
      return 'running';
    case 'waiting':
      return 'in line';
    case 'later':
      return 'later';
    case undefined:
      if (notBefore !== null && new Date(notBefore) > now) return 'later';
      return queued === null ? 'open' : 'not in line';
  }
}

const STATES: readonly [TaskState, string][] = [
  ['running', 'running'],
  ['in line', 'in line'],
  ['later', 'put off'],
  ['not in line', 'not in line yet'],
  ['open', 'open'],
  ['ended', 'ended'],
];
const LABEL = 10;
const WAITS_SHOWN = 8;
const LEAST_NAME = 12;

/** The run, its tasks by state, who works, and what waits for what. */
export function fleetText(view: FleetView, style: Style): string {
  const { run, project, words, width } = view;
  if (run === null) {
    return [
      `${style.bold(`${project}:`)} no run was ever ordered from the fleet.`,
      nextLine([commandLine('sync', words)], style),
    ].join('\n');
  }
  const { mailboxes, ended, settled, messages, with_trouble: trouble } = fleetTotals(view.tasks);
  const field = (label: string, text: string): string[] => {
    const [first = '', ...rest] = wrap(text, Math.max(30, width - LABEL - 3));
    return [`  ${label.padEnd(LABEL)}${first}`, ...rest.map((line) => `  ${' '.repeat(LABEL)}${line}`)];
  };
  const troubled = trouble === 0 ? '' : `, ${style.warn(`${count(trouble)} with trouble`)}`;
  return [
    ...wrap(
      `${style.bold(`${project}:`)} run ${run.id} ${standing(run)}. ${count(ended)} of ${counted(mailboxes, 'mailbox')} have ended${troubled}.`,
      width - 1,
    ),
    ...field('messages', `${count(settled)} of ${count(messages)} settled (${percent(settled, messages)})`),
    ...field('tasks', taskLine(view)),
    ...(view.queued === null ? field('queue', style.warn('Redis does not answer: what is in line is not known')) : []),
    ...(run.appendOnly ? field('mode', 'after the switch: nothing is changed at the destination, only added') : []),
    ...workerLines(view, style),
    ...waitLines(view, style),
    ...troubleLines(view, style),
    ...next(view, style),
  ].join('\n');
}

function standing({ state, orderedAt, endedAt }: Run): string {
  const since = `ordered ${minuteOf(new Date(orderedAt))}`;
  const end = endedAt === null ? '' : ` ${minuteOf(new Date(endedAt))}`;
  return state === 'running' || state === 'paused' ? `is ${state}, ${since}` : `is ${state}${end}, ${since}`;
}

function taskLine(view: FleetView): string {
  const states = Map.groupBy(view.tasks, (task) => taskState(task, view));
  return STATES.flatMap(([state, word]) => {
    const tasks = states.get(state)?.length ?? 0;
    return tasks === 0 ? [] : [`${count(tasks)} ${word}`];
  }).join(' | ');
}

function workerLines({ workers, fleet, run, now, width }: FleetView, style: Style): string[] {
  if (workers.length === 0) {
    const needed = run?.state === 'running' ? style.warn('none of this project has been seen') : 'none of this project';
    return [`  ${'workers'.padEnd(LABEL)}${needed} (fleet "${fleet}")`];
  }
  const head = ['worker', 'host', 'jobs', 'places', 'up for', 'seen'].map(style.dim);
  const ago = (time: string): string => roughly(Math.max(0, now.getTime() - new Date(time).getTime()));
  const rows = workers.map(({ id, host, running, atOnce, startedAt, seenAt }) => [
    id,
    cutMiddle(host, 24),
    count(running),
    count(atOnce),
    ago(startedAt),
    `${ago(seenAt)} ago`,
  ]);
  return [
    '',
    ...squeezedTable([head, ...rows], { right: [2, 3], width: width - 3, least: LEAST_NAME }).map(
      (line) => `  ${line}`,
    ),
  ];
}

/** What waits, for what, until when: servers, and tasks that were put off after an error. */
function waitLines({ tasks, now, width }: FleetView, style: Style): string[] {
  const waits = tasks.filter(({ ended }) => !ended).flatMap((task) => waitsOf(task, now));
  if (waits.length === 0) return [];
  const lines = waits.slice(0, WAITS_SHOWN).flatMap(({ address, text }) => {
    const [first = '', ...rest] = wrap(`${cutMiddle(address, 40)} is ${text}`, Math.max(30, width - 5));
    return [`  ${first.replace(' is waiting', ` is ${style.warn('waiting')}`)}`, ...rest.map((line) => `    ${line}`)];
  });
  const more = waits.length > WAITS_SHOWN ? [`  and ${count(waits.length - WAITS_SHOWN)} more wait`] : [];
  return ['', ...lines, ...more.map(style.dim)];
}

function waitsOf({ mailboxes, notBefore, troubles }: RunTask, now: Date): { address: string; text: string }[] {
  const putOff = notBefore !== null && new Date(notBefore) > now ? new Date(notBefore) : null;
  return mailboxes.flatMap(({ address, progress, result }) => {
    if (result !== null) return [];
    if (putOff !== null) {
      return [
        {
          address,
          text: `put off until ${clockTime(putOff, now)}, after ${counted(troubles, 'temporary error')} in a row`,
        },
      ];
    }
    const wait = progress?.wait ?? null;
    return wait === null ? [] : [{ address, text: waitText(wait, now) }];
  });
}

function troubleLines({ tasks }: FleetView, style: Style): string[] {
  const errors = tasks.flatMap(({ mailboxes }) =>
    mailboxes.flatMap(({ address, result }) => {
      const error = result?.error ?? null;
      return error === null ? [] : [{ where: address, code: error.code, what: error.what }];
    }),
  );
  return errors.length === 0 ? [] : ['', ...errorLines(errors, style)];
}

function next({ run, words }: FleetView, style: Style): string[] {
  switch (run?.state) {
    case 'running':
      return [nextLine([commandLine('sync', words)], style)];
    case 'paused':
      return [nextLine([commandLine('fleet resume', words)], style)];
    case 'cancelled':
      return [nextLine([commandLine('sync', words)], style)];
    case 'finished':
      return [nextLine([commandLine('status', words)], style)];
    case undefined:
      return [];
  }
}
