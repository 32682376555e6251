export * from './check/check-servers.ts';
export { type CanaryRun, canaryRound } from './cutover/canaries.ts';
export { type CanaryPostOptions, canaryPost } from './cutover/canary-post.ts';
export { type CheckOptions, cutoverCheck, cutoverStatus } from './cutover/cutover-check.ts';
export { cutoverClose } from './cutover/cutover-close.ts';
export { type CutoverResult, cutoverRun } from './cutover/cutover-run.ts';
export { dnsHistory, noteDelegations } from './cutover/dns-history.ts';
export { type StandaloneOptions, type StandalonePorts, standaloneCheck } from './cutover/facts/standalone-check.ts';
export { factsFile } from './cutover/facts-file.ts';
export { type CutoverJournal, openJournal, readJournal } from './cutover/journal-file.ts';
export { noteLateMail } from './cutover/late-mail.ts';
export { type LateMailBookOptions, lateMailBook } from './cutover/late-mail-book.ts';
export { LateMailFile } from './cutover/late-mail-file.ts';
export {
  type PlannedChange,
  type PlannedRollback,
  plannedChanges,
  plannedRollback,
  rollbackRefusal,
} from './cutover/planned-changes.ts';
export type { CutoverPorts, LookPorts, PassMode, PassResult } from './cutover/ports.ts';
export { leaveRequest, requestBox } from './cutover/request-box.ts';
export { cutoverRequest, type RequestOutcome } from './cutover/requests.ts';
export type { CutoverRunOptions } from './cutover/run-context.ts';
export { type Feeder, type FeederPorts, fleetFeeder } from './fleet/feeder.ts';
export { fleetHandler } from './fleet/fleet-handler.ts';
export type { FleetLog, FleetPorts, FleetProject } from './fleet/ports.ts';
export { runResult } from './fleet/run-result.ts';
export { tasksOf } from './fleet/tasks-of.ts';
export * from './plan/assert-plan-fresh.ts';
export { type AuditOptions, type AuditTarget, auditMailbox } from './plan/audit-mailbox.ts';
export type { PlannedTenant } from './plan/audit-tenants.ts';
export * from './plan/case-folding.ts';
export * from './plan/hash-plan.ts';
export * from './plan/make-plan.ts';
export * from './plan/plan-file.ts';
export * from './plan/plan-servers.ts';
export * from './plan/survey-mailbox.ts';
export { type Arrived, type ArrivedOptions, arrivedSince } from './reverse/arrived-since.ts';
export { type ReverseOptions, reversePass } from './reverse/reverse-pass.ts';
export { ByteBudget } from './sync/byte-budget.ts';
export type { MailboxAccounts } from './sync/mailbox-connections.ts';
export type { ServerLimits } from './sync/mailbox-jobs.ts';
export type { MailboxResult } from './sync/sync-mailbox.ts';
export * from './sync/sync-plan.ts';
export * from './verify/verify-plan.ts';
