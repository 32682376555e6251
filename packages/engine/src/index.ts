export { appendOnly } from './cutover/append-only.ts';
export {
  advanceCanaries,
  awaitedCanaries,
  type CanaryProgress,
  type CanaryRecord,
  type CanarySeen,
  countCanaries,
} from './cutover/canary-progress.ts';
export {
  BACK_PHASES,
  type ChangeGroup,
  changeGroups,
  changesAnything,
  FORWARD_PHASES,
  lowTtl,
  moves,
  nextGroups,
  rrsetKey,
  rrsetsOf,
  switchedRrsets,
} from './cutover/change-groups.ts';
export { oldestTtl } from './cutover/change-wait.ts';
export * from './cutover/facts.ts';
export type { Backlog, GateInputs, MailboxBacklog, Rehearsal } from './cutover/gates/gate.ts';
export { closedGates } from './cutover/gates/waivers.ts';
export { gatesOf } from './cutover/gates.ts';
export * from './cutover/history.ts';
export { duePass, nextStep } from './cutover/next-step.ts';
export { observationsByRrset, planDomain } from './cutover/plan-domain.ts';
export { recordName, rrsetsToObserve } from './cutover/plan-records.ts';
export { advance, type CutoverProgress, changeStatus, foldJournal, NO_PROGRESS } from './cutover/progress.ts';
export { rollbackCost, rollbackSeconds } from './cutover/rollback-cost.ts';
export { recordsText, rrsetNameText, rrsetText, serverText } from './cutover/rrset-text.ts';
export { safeAt } from './cutover/safe-at.ts';
export { type ServerView, type Sight, viewsOf } from './cutover/sight.ts';
export type { CutoverPlan, CutoverSituation } from './cutover/situation.ts';
export { cutoverStatus, describeStep } from './cutover/status.ts';
export { type CutoverStep, stateWhenAccepted } from './cutover/step.ts';
export { windowClosesAt, windowOpensAt } from './cutover/window.ts';
export * from './decide/buckets-of-unchanged.ts';
export * from './decide/choose-rung.ts';
export * from './decide/flag-changes.ts';
export * from './decide/gmail-labels.ts';
export * from './decide/label-keywords.ts';
export * from './decide/make-batches.ts';
export * from './decide/send-again.ts';
export * from './fleet/folder-groups.ts';
export * from './fleet/job-ids.ts';
export * from './fleet/next-to-feed.ts';
export { canaryMessageId, canaryOf } from './late-mail/canary-id.ts';
export { LateMailExplainer, type LateMessage, type LateSettings } from './late-mail/explain.ts';
export { type LateGroup, type LateSummary, lateSummary } from './late-mail/late-summary.ts';
export type { MxHost } from './late-mail/mail-hosts.ts';
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
export * from './plan/rank-busiest.ts';
export * from './plan/tenant-mailbox.ts';
export * from './plan/tenant-warnings.ts';
export * from './plan/warnings.ts';
export { longestLine } from './repair/bytes.ts';
export * from './repair/diagnose.ts';
export type { Repair, Repairable, RepairName } from './repair/repair.ts';
export * from './repair/repair-variants.ts';
export * from './repair/repairs-for.ts';
export * from './simulate/index.ts';
export { mergeSpf } from './spf/merge-spf.ts';
export { isSpf } from './spf/parse-spf.ts';
export { type SpfQuestion, spfQuestions } from './spf/spf-cost.ts';
