export type { AppendMessage } from './append-arguments.ts';
export { type CapabilityEdit, capabilities } from './capabilities.ts';
export {
  byeAfterAppend,
  byeInAppend,
  connectionLimit,
  type EndingOptions,
  goesSilent,
  losesPatience,
} from './endings.ts';
export { dropsRows, type Malformation, malformsRows, type RowChoice, wrongSizes } from './fetch-rows.ts';
export { ignoresAppendFlags, isKeyword, isOddSystemFlag, permanentFlags, refusesFlags } from './flags.ts';
export { foldsCase, noInferiors, parentsExist, refusesNames } from './folder-names.ts';
export { GMAIL_APPEND_LIMIT, type GmailOptions, gmail, gmailMessages, gmailRoles } from './gmail.ts';
export { brokenSearch, listWithoutStatus, refuses, withoutClosed } from './listing.ts';
export {
  addsHeader,
  bandwidthLimit,
  exchangeError11,
  ignoresDates,
  needsFinalLineEnd,
  refusesNul,
  tooBig,
} from './message-content.ts';
export { messageLimit } from './message-limit.ts';
export {
  answer,
  bye,
  type Command,
  defineQuirk,
  type Occasions,
  occasions,
  type Quirk,
  type QuirkConnection,
  type ServerResponse,
  type Verdict,
} from './quirk.ts';
export { type QuirkServer, type QuirkServerOptions, type Quirks, startQuirkServer } from './quirk-server.ts';
export { type Throttling, throttling } from './throttling.ts';
export { changedUidValidity, examineInventsUidValidity, noUidCodes } from './uid-validity.ts';
