import { createHash } from 'node:crypto';
import {
  type FencedLease,
  invariant,
  MxodusError,
  planSchema,
  type Run,
  type RunBook,
  type RunOrder,
  type RunTask,
} from '@mxodus/model';
import { integer, text } from '../rows/columns.ts';
import type { Database, Writer } from './database.ts';
import { runOf, taskOf, workerOf } from './run-rows.ts';

const RUN = `id, project, plan_sha256, only_failed, append_only, state, ordered_at, ended_at`;
const OPEN = "state in ('running', 'paused')";
/** With its mailboxes as one JSON array. */
const TASK = `
  tasks.id, tasks.run_id, tasks.messages, tasks.wave, tasks.first_at, tasks.troubles, tasks.not_before, tasks.ended,
  (select json_agg(json_build_object(
      'address', address, 'passId', pass_id, 'progress', progress::json, 'result', result::json) order by position)
    from mxodus.task_mailboxes where task_id = tasks.id)::text as mailboxes`;
/** Who was not seen for so long is forgotten. */
const FORGET_AFTER_S = 24 * 3600;

/** Orders, and what became of them, in the schema all projects share. */
export function postgresRuns(database: Database): RunBook {
  const run = async (runId: number): Promise<Run | null> => {
    const row = await database.row(`select ${RUN} from mxodus.runs where id = $1`, [runId]);
    return row === undefined ? null : runOf(row);
  };
  return {
    run,
    order: (order) => orderRun(database, order),
    latest: async (project) => {
      const row = await database.row(
        `select ${RUN} from mxodus.runs where project = $1 order by ${OPEN} desc, id desc limit 1`,
        [project],
      );
      return row === undefined ? null : runOf(row);
    },
    open: async () => (await database.rows(`select ${RUN} from mxodus.runs where ${OPEN} order by id`)).map(runOf),
    plan: async (sha256) => {
      const row = await database.row('select plan from mxodus.plans where sha256 = $1', [sha256]);
      return row === undefined ? null : planSchema.parse(JSON.parse(text(row, 'plan')));
    },
    tasks: async (runId, which = 'all') => {
      const open = which === 'open' ? 'and not ended' : '';
      const rows = await database.rows(`select ${TASK} from mxodus.tasks where run_id = $1 ${open} order by id`, [
        runId,
      ]);
      return rows.map(taskOf);
    },
    task: async (taskId): Promise<RunTask | null> => {
      const row = await database.row(`select ${TASK} from mxodus.tasks where id = $1`, [taskId]);
      return row === undefined ? null : taskOf(row);
    },
    notePass: (lease, taskId, address, passId) => onMailbox(database, lease, 'pass_id = $3', [taskId, address, passId]),
    noteProgress: (lease, taskId, address, progress) =>
      onMailbox(database, lease, 'progress = $3', [taskId, address, JSON.stringify(progress)]),
    endMailbox: (lease, taskId, address, result) =>
      database.write(async (writer) => {
        await writer.changed(
          'update mxodus.task_mailboxes set result = $3 where task_id = $1 and address = $2 and result is null',
          [taskId, address, JSON.stringify(result)],
        );
        await endWhatIsOver(writer, taskId);
      }, lease),
    noteTrouble: async (lease, taskId, notBefore) => {
      const troubles = notBefore === null ? '0' : 'troubles + 1';
      await database.write(
        (writer) =>
          writer.changed(`update mxodus.tasks set troubles = ${troubles}, not_before = $2 where id = $1`, [
            taskId,
            notBefore,
          ]),
        lease,
      );
    },
    setState: async (runId, state) => {
      const changed = await database.write((writer) =>
        writer.changed(
          `update mxodus.runs set state = $2, ended_at = case when $2 = 'cancelled' then now() end
           where id = $1 and ${OPEN}`,
          [runId, state],
        ),
      );
      if (changed === 0) throw notOpen(runId);
    },
    first: (runId, addresses) =>
      database.write(async (writer) => {
        const rows = await writer.rows(
          `update mxodus.tasks set first_at = now(), not_before = null
           where run_id = $1 and not ended
             and id in (select task_id from mxodus.task_mailboxes where address = any($2::text[]))
           returning id`,
          [runId, addresses],
        );
        return rows.map((row) => integer(row, 'id'));
      }),
    seen: async (worker) => {
      await database.write(async (writer) => {
        await writer.changed(
          `insert into mxodus.workers (id, info, seen_at) values ($1, $2, now())
           on conflict (id) do update set info = excluded.info, seen_at = excluded.seen_at`,
          [worker.id, JSON.stringify(worker)],
        );
        await writer.changed('delete from mxodus.workers where seen_at < now() - make_interval(secs => $1)', [
          FORGET_AFTER_S,
        ]);
      });
    },
    left: async (workerId) => {
      await database.write((writer) => writer.changed('delete from mxodus.workers where id = $1', [workerId]));
    },
    workers: async (withinMs) => {
      const rows = await database.rows(
        'select info, seen_at from mxodus.workers where seen_at > now() - make_interval(secs => $1) order by id',
        [withinMs / 1000],
      );
      return rows.map(workerOf);
    },
  };
}

function orderRun(database: Database, order: RunOrder): Promise<{ run: Run; isNew: boolean }> {
  const sha256 = orderHash(order);
  return database.write(async (writer) => {
    await writer.rows('select pg_advisory_xact_lock(hashtextextended($1, 1))', [order.project]);
    const [open] = await writer.rows(`select ${RUN}, order_sha256 from mxodus.runs where project = $1 and ${OPEN}`, [
      order.project,
    ]);
    if (open !== undefined && open.order_sha256 === sha256) return { run: runOf(open), isNew: false };
    if (open !== undefined) throw anotherRun(runOf(open));
    return { run: await insertRun(writer, order, sha256), isNew: true };
  });
}

async function insertRun(writer: Writer, order: RunOrder, sha256: string): Promise<Run> {
  const { project, plan, onlyFailed, appendOnly, tasks } = order;
  await writer.changed('insert into mxodus.plans (sha256, plan) values ($1, $2) on conflict do nothing', [
    plan.sha256,
    JSON.stringify(plan),
  ]);
  const [row] = await writer.rows(
    `insert into mxodus.runs (project, plan_sha256, only_failed, append_only, state, order_sha256, ended_at)
     values ($1, $2, $3, $4, $5, $6, case when $5 = 'finished' then now() end) returning ${RUN}`,
    [project, plan.sha256, onlyFailed, appendOnly, tasks.length === 0 ? 'finished' : 'running', sha256],
  );
  invariant(row !== undefined, 'an ordered run has a row');
  const run = runOf(row);
  const made = await writer.rows(
    `insert into mxodus.tasks (run_id, messages, wave)
     select $1, messages, wave from unnest($2::bigint[], $3::integer[]) with ordinality as r (messages, wave, at)
     order by at returning id`,
    [run.id, tasks.map(({ messages }) => messages), tasks.map(({ wave }) => wave)],
  );
  const ids = made.map((task) => integer(task, 'id')).sort((a, b) => a - b);
  const mailboxes = tasks.flatMap(({ addresses }, index) =>
    addresses.map((address, position) => ({ task: ids[index], position, address })),
  );
  await writer.changed(
    `insert into mxodus.task_mailboxes (task_id, position, address)
     select * from unnest($1::bigint[], $2::integer[], $3::text[])`,
    [
      mailboxes.map(({ task }) => task),
      mailboxes.map(({ position }) => position),
      mailboxes.map(({ address }) => address),
    ],
  );
  return run;
}

async function onMailbox(
  database: Database,
  lease: FencedLease,
  set: string,
  values: readonly [taskId: number, address: string, value: unknown],
): Promise<void> {
  await database.write(
    (writer) => writer.changed(`update mxodus.task_mailboxes set ${set} where task_id = $1 and address = $2`, values),
    lease,
  );
}

async function endWhatIsOver(writer: Writer, taskId: number): Promise<void> {
  const [ended] = await writer.rows(
    `update mxodus.tasks set ended = true
     where id = $1 and not exists (select 1 from mxodus.task_mailboxes where task_id = $1 and result is null)
     returning run_id`,
    [taskId],
  );
  if (ended === undefined) return;
  const runId = integer(ended, 'run_id');
  // The last two tasks of a run may end at the same time: the second waits here, and sees the first.
  await writer.rows('select 1 from mxodus.runs where id = $1 for update', [runId]);
  await writer.changed(
    `update mxodus.runs set state = 'finished', ended_at = clock_timestamp()
     where id = $1 and ${OPEN} and not exists (select 1 from mxodus.tasks where run_id = $1 and not ended)`,
    [runId],
  );
}

/** What makes two orders the same one. */
function orderHash({ plan, onlyFailed, appendOnly, tasks }: RunOrder): string {
  const addresses = tasks.map((task) => [...task.addresses].sort()).sort();
  return createHash('sha256')
    .update(JSON.stringify([plan.sha256, onlyFailed, appendOnly, addresses]))
    .digest('hex');
}

const anotherRun = ({ id, project, state }: Run): MxodusError =>
  new MxodusError('BUSY', {
    what: `run ${id} of ${project} is under way (${state}), and it is another one than asked for`,
    why: 'a project has one run at a time: it was ordered with another plan, other mailboxes or other options',
    advice: 'wait for it, or end it with `mxodus fleet cancel PLAN`; what it moved stays moved',
  });

const notOpen = (runId: number): MxodusError =>
  new MxodusError('RUN_NOT_FOUND', {
    what: `run ${runId} is over`,
    why: 'it finished, or was cancelled',
    advice: 'order a new one with `mxodus sync PLAN`',
  });
