export { appendOnly } from './cutover/append-only.ts';
export { type ChangeGroup, changeGroups, moves, nextGroups } from './cutover/change-groups.ts';
export {
  type Backlog,
  type CutoverPlan,
  type CutoverSituation,
  closedGates,
  gatesOf,
  type MailboxBacklog,
  type Rehearsal,
} from './cutover/gates.ts';
export { recordsText, rrsetText, serverText } from './cutover/mx-text.ts';
export { type CutoverStep, nextStep, stateWhenAccepted } from './cutover/next-step.ts';
export { planDomain } from './cutover/plan-domain.ts';
export { advance, type CutoverProgress, changeStatus, foldJournal, NO_PROGRESS } from './cutover/progress.ts';
export { rollbackCost } from './cutover/rollback-cost.ts';
export { safeAt } from './cutover/safe-at.ts';
export { longestTtl, type ServerView, type Sight } from './cutover/sight.ts';
export { cutoverStatus, describeStep } from './cutover/status.ts';
export { windowOpensAt } from './cutover/window.ts';
export * from './decide/buckets-of-unchanged.ts';
export * from './decide/choose-rung.ts';
export * from './decide/flag-changes.ts';
export * from './decide/gmail-labels.ts';
export * from './decide/label-keywords.ts';
export * from './decide/make-batches.ts';
export * from './decide/send-again.ts';
export * from './match/header-fields.ts';
export * from './match/pair-by-header.ts';
export * from './match/pair-keyed.ts';
export * from './match/pair-messages.ts';
export * from './match/pair-moves.ts';
export * from './plan/already-there.ts';
export * from './plan/assign.ts';
export * from './plan/bytes-text.ts';
export * from './plan/compare-plan-ground.ts';
export * from './plan/destination-for.ts';
export * from './plan/estimate.ts';
export { isInbox, keepsFoldersBelowInbox, levelsOf } from './plan/folder-names.ts';
export * from './plan/folder-order.ts';
export * from './plan/folder-tree.ts';
export * from './plan/map-folders.ts';
export * from './plan/message-limits.ts';
export * from './plan/quota-after.ts';
export * from './plan/tenant-mailbox.ts';
export * from './plan/tenant-warnings.ts';
export * from './plan/warnings.ts';
export { longestLine } from './repair/bytes.ts';
export * from './repair/diagnose.ts';
export type { Repair, Repairable, RepairName } from './repair/repair.ts';
export * from './repair/repair-variants.ts';
export * from './repair/repairs-for.ts';
