import { estimateAll, longestOf, type Pace, sharedDestinations } from '@mxodus/engine';
import {
  type DomainPlan,
  type Emit,
  type ExitCode,
  type Job,
  type JobEngine,
  MxodusError,
  type Plan,
  type PlanEstimate,
  type PlanMailbox,
  type PlanServer,
  type PlanWarning,
  type SyncRules,
  worstExitCode,
} from '@mxodus/model';
import { type AuditTarget, auditMailbox } from './audit-mailbox.ts';
import { type PlannedTenant, TenantAudits } from './audit-tenants.ts';
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
  /** The servers that are tenants, by name. */
  tenants?: Readonly<Record<string, PlannedTenant>>;
  /** What the destinations allow, by name; without it nothing is foretold. */
  paces?: Readonly<Record<string, Pace>>;
  /** Shares out the connections: each mailbox takes one at each end. */
  engine: JobEngine;
  signal: AbortSignal;
  emit: Emit;
  now: () => Date;
}

/** `failed`: there is no plan, because a tenant said no for all, or a mailbox could not be looked at; each error was emitted. */
export type PlanResult =
  | { kind: 'made'; plan: Plan }
  | { kind: 'failed'; at: 'tenant' | 'mailboxes'; errors: readonly MxodusError[]; exitCode: ExitCode };

interface AuditJob extends Job {
  target: AuditTarget;
}

/**
 * Asks the tenants, then audits every mailbox, several at once. What happens to one does not stop the others, but a plan has all of them
 * or is not made. What a tenant says no to for all of them stops before any is looked at.
 */
export async function makePlan(options: PlanOptions): Promise<PlanResult> {
  const { engine, signal, emit } = options;
  const rules = options.rules.folders;
  const tenants = new TenantAudits(options.tenants ?? {}, emit);
  const stop = await stopOf(tenants, options);
  if (signal.aborted) throw interrupted();
  if (stop !== null) return failed('tenant', [stop], emit);
  const audited = new Map<string, PlanMailbox>();
  const results = await engine.run(
    options.mailboxes.map(toJob),
    async ({ id, target }) => {
      const { destination, address } = target;
      const tenant = await atPlace(address, () => tenants.mailbox(destination));
      const pace = options.paces?.[destination.server];
      const mailbox = await auditMailbox(target, {
        rules,
        signal,
        emit,
        ...(pace === undefined ? {} : { pace }),
        ...(tenant === null ? {} : { usage: tenant.usage }),
      });
      const more = tenant === null ? [] : tenants.mailboxWarnings(destination.server, tenant, address);
      audited.set(id, { ...mailbox, warnings: [...more, ...mailbox.warnings] });
    },
    signal,
  );
  if (signal.aborted) throw interrupted();
  const errors = results.flatMap((result) => (result.kind === 'threw' ? [expected(result.error)] : []));
  if (errors.length > 0) return failed('mailboxes', errors, emit);
  const mailboxes = options.mailboxes.flatMap(({ address }) => audited.get(address) ?? []);
  return { kind: 'made', plan: toPlan(options, mailboxes, tenants) };
}

function failed(at: 'tenant' | 'mailboxes', errors: readonly MxodusError[], emit: Emit): PlanResult {
  for (const { code, where = null, what, why, advice } of errors) {
    emit({ type: 'error', code, where, what, why, do: advice });
  }
  return { kind: 'failed', at, errors, exitCode: worstExitCode(errors.map(({ exitCode }) => exitCode)) };
}

/** null: the tenants have nothing against it. */
async function stopOf(tenants: TenantAudits, { mailboxes, signal }: PlanOptions): Promise<MxodusError | null> {
  try {
    await tenants.begin(
      mailboxes.map(({ destination }) => destination),
      signal,
    );
    return null;
  } catch (error) {
    if (signal.aborted) throw interrupted();
    return expected(error);
  }
}

async function atPlace<T>(address: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof MxodusError ? error.at(address) : error;
  }
}

function toJob(target: AuditTarget): AuditJob {
  const connections: Record<string, number> = { [target.source.server]: 1 };
  connections[target.destination.server] = (connections[target.destination.server] ?? 0) + 1;
  return { id: target.address, connections, target };
}

function toPlan(options: PlanOptions, mailboxes: PlanMailbox[], tenants: TenantAudits): Plan {
  const { deletes, newest_first, folders } = options.rules;
  const ofTenants = tenants.inPlan();
  const estimate = estimateOf(mailboxes, options.paces ?? {});
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
    ...(ofTenants === undefined ? {} : { tenants: ofTenants }),
    ...(estimate === null ? {} : { estimate }),
    warnings: [...options.warnings, ...tenants.warnings(), ...sharedDestinations(mailboxes)],
  };
  return { ...plan, sha256: hashPlan(plan) };
}

/** At least: a destination whose pace is not known may take longer. null: none is known. */
function estimateOf(mailboxes: readonly PlanMailbox[], paces: Readonly<Record<string, Pace>>): PlanEstimate | null {
  const perServer = Map.groupBy(mailboxes, ({ destination }) => destination.server);
  const estimates = [...perServer].map(([server, own]) => {
    const pace = paces[server];
    const each = own.flatMap(({ bytes, estimate }) => (estimate === undefined ? [] : [{ bytes, estimate }]));
    return pace === undefined || each.length < own.length ? null : estimateAll(each, pace);
  });
  return longestOf(estimates.filter((estimate) => estimate !== null));
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
