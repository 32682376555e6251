import type { FencedLease, FleetStore, RunBook } from '@mxodus/model';
import { measuredLedger } from './measured-ledger.ts';
import type { Metrics } from './metrics.ts';

/** The same store; what is written under its leases, the leases themselves and the mailboxes that end are counted. */
export function measuredStore(store: FleetStore, metrics: Metrics): FleetStore {
  const { leases, runs } = store;
  return {
    ledger: (project) => store.ledger(project),
    ledgerUnder: async (project, lease) =>
      measuredLedger(await store.ledgerUnder(project, lease), { project, metrics }),
    readLedger: (project) => store.readLedger(project),
    exportLedger: (project) => store.exportLedger(project),
    importLedger: (project, lines, lease) => store.importLedger(project, lines, lease),
    leases: {
      acquire: async (name) => measuredLease(await leases.acquire(name), metrics),
      holder: (name) => leases.holder(name),
    },
    runs: measuredRuns(runs, metrics),
    close: () => store.close(),
  };
}

function measuredLease(lease: FencedLease, metrics: Metrics): FencedLease {
  let held = true;
  const ended = (): void => {
    if (held) metrics.leaseReleased();
    held = false;
  };
  metrics.leaseHeld();
  lease.lost.addEventListener(
    'abort',
    () => {
      if (held) metrics.leaseLost();
      ended();
    },
    { once: true },
  );
  return {
    name: lease.name,
    epoch: lease.epoch,
    lost: lease.lost,
    heldForMs: () => lease.heldForMs(),
    release: async () => {
      ended();
      await lease.release();
    },
  };
}

function measuredRuns(runs: RunBook, metrics: Metrics): RunBook {
  return {
    order: (order) => runs.order(order),
    run: (runId) => runs.run(runId),
    latest: (project) => runs.latest(project),
    open: () => runs.open(),
    plan: (sha256) => runs.plan(sha256),
    tasks: (runId, which) => runs.tasks(runId, which),
    task: (taskId) => runs.task(taskId),
    notePass: (lease, taskId, address, passId) => runs.notePass(lease, taskId, address, passId),
    noteProgress: (lease, taskId, address, progress) => runs.noteProgress(lease, taskId, address, progress),
    endMailbox: async (lease, taskId, address, result) => {
      await runs.endMailbox(lease, taskId, address, result);
      metrics.mailboxEnded(projectOf(lease), result.exitCode);
    },
    noteTrouble: (lease, taskId, notBefore) => runs.noteTrouble(lease, taskId, notBefore),
    setState: (runId, state) => runs.setState(runId, state),
    first: (runId, addresses) => runs.first(runId, addresses),
    seen: (worker) => runs.seen(worker),
    left: (workerId) => runs.left(workerId),
    workers: (withinMs) => runs.workers(withinMs),
  };
}

/** Names of leases are paths that begin with the project. */
const projectOf = ({ name }: FencedLease): string => name.split('/')[0] ?? name;
