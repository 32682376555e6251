import { sharedDestinations } from '@mxodus/engine';
import {
  type DomainPlan,
  type Emit,
  type ExitCode,
  type Job,
  type JobEngine,
  MxodusError,
  type Plan,
  type PlanMailbox,
  type PlanServer,
  type PlanWarning,
  type SyncRules,
  worstExitCode,
} from '@mxodus/model';
import { type AuditTarget, auditMailbox } from './audit-mailbox.ts';
import { hashPlan } from './hash-plan.ts';

export interface PlanOptions {
  project: string;
  /** Of mxodus. */
  version: string;
  configSha256: string;
  servers: Readonly<Record<string, PlanServer>>;
  mailboxes: readonly AuditTarget[];
  rules: Pick<SyncRules, 'deletes' | 'newest_first' | 'folders'>;
  /** What will change in DNS, and what to say about it. */
  domains: readonly DomainPlan[];
  warnings: readonly PlanWarning[];
  /** Shares out the connections: each mailbox takes one at each end. */
  engine: JobEngine;
  signal: AbortSignal;
  emit: Emit;
  now: () => Date;
}

/** `failed`: at least one mailbox could not be looked at, so there is no plan; each error was emitted. */
export type PlanResult =
  | { kind: 'made'; plan: Plan }
  | { kind: 'failed'; errors: readonly MxodusError[]; exitCode: ExitCode };

interface AuditJob extends Job {
  target: AuditTarget;
}

/** Audits every mailbox, several at once. What happens to one does not stop the others, but a plan has all of them or is not made. */
export async function makePlan(options: PlanOptions): Promise<PlanResult> {
  const { engine, signal, emit } = options;
  const rules = options.rules.folders;
  const audited = new Map<string, PlanMailbox>();
  const results = await engine.run(
    options.mailboxes.map(toJob),
    async ({ id, target }) => {
      audited.set(id, await auditMailbox(target, { rules, signal, emit }));
    },
    signal,
  );
  if (signal.aborted) throw interrupted();
  const errors = results.flatMap((result) => (result.kind === 'threw' ? [expected(result.error)] : []));
  for (const error of errors) {
    const { code, where = null, what, why, advice } = error;
    emit({ type: 'error', code, where, what, why, do: advice });
  }
  if (errors.length > 0) return { kind: 'failed', errors, exitCode: worstExitCode(errors.map((e) => e.exitCode)) };
  const mailboxes = options.mailboxes.flatMap(({ address }) => audited.get(address) ?? []);
  return { kind: 'made', plan: toPlan(options, mailboxes) };
}

function toJob(target: AuditTarget): AuditJob {
  const connections: Record<string, number> = { [target.source.server]: 1 };
  connections[target.destination.server] = (connections[target.destination.server] ?? 0) + 1;
  return { id: target.address, connections, target };
}

function toPlan(options: PlanOptions, mailboxes: PlanMailbox[]): Plan {
  const { deletes, newest_first, folders } = options.rules;
  const plan: Omit<Plan, 'sha256'> = {
    v: 1,
    type: 'plan',
    project: options.project,
    created_at: options.now().toISOString(),
    mxodus: options.version,
    config_sha256: options.configSha256,
    servers: { ...options.servers },
    mailboxes,
    rules: { deletes, newest_first, exclude: [...folders.exclude], map: { ...folders.map } },
    domains: [...options.domains],
    warnings: [...options.warnings, ...sharedDestinations(mailboxes)],
  };
  return { ...plan, sha256: hashPlan(plan) };
}

/** A bug is thrown on. */
function expected(error: unknown): MxodusError {
  if (error instanceof MxodusError && error.code !== 'INVARIANT') return error;
  throw error;
}

const interrupted = (): MxodusError =>
  new MxodusError('INTERRUPTED', {
    what: 'stopped before every mailbox was looked at',
    why: 'it was asked to stop; no plan was written, and nothing was changed',
    advice: 'the same command again',
  });
