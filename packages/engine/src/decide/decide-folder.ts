import type { LedgerMessage, MessageMeta } from '@mxodus/model';

export interface FolderDecision {
  /** To be sent: new ones, and those that failed before. */
  copy: MessageMeta[];
  /** Ruled out before sending. */
  cannot: { message: MessageMeta; reason: string }[];
  /** Moved before, and their flags changed at the source since. */
  flags: { message: MessageMeta; row: LedgerMessage }[];
}

export interface FolderRules {
  /** RFC 7889; bytes. */
  appendLimit: number | null;
  newestFirst: boolean;
  /** After the switch the destination is the authority: nothing is changed there, only added. */
  appendOnly: boolean;
  /** Only what failed before. */
  onlyFailed: boolean;
}

/**
 * Says what to do with each message of a source folder. No intent may be open: doubt is resolved before.
 *
 *   row      meaning                  answer
 *   (none)   never sent               copy, or cannot when the destination states it is too large
 *   intent   in doubt                 nothing; it is looked up by the next pass
 *   stored   at the destination       flags, when the source's changed; a copy the user deleted there is not brought back
 *   cannot   ruled out                nothing, unless it was its size and the limit allows it now
 *   failed   refused or unreadable    copy
 */
export function decideFolder(
  messages: readonly MessageMeta[],
  rows: ReadonlyMap<number, LedgerMessage>,
  rules: FolderRules,
): FolderDecision {
  const decision: FolderDecision = { copy: [], cannot: [], flags: [] };
  for (const message of messages) {
    const row = rows.get(message.uid);
    if (row === undefined) {
      if (!rules.onlyFailed) copyOrRuleOut(message, rules, decision);
      continue;
    }
    switch (row.state) {
      case 'intent':
        break;
      case 'stored':
        if (!rules.appendOnly && !rules.onlyFailed && row.flags !== flagText(message.flags))
          decision.flags.push({ message, row });
        break;
      case 'cannot':
        if (row.reason?.startsWith(TOO_LARGE) && fits(message, rules)) decision.copy.push(message);
        break;
      case 'failed':
        copyOrRuleOut(message, rules, decision);
        break;
    }
  }
  decision.copy.sort((a, b) => (rules.newestFirst ? b.uid - a.uid : a.uid - b.uid));
  return decision;
}

export const TOO_LARGE = 'too large';

export const flagText = (flags: readonly string[]): string => flags.join(' ');

const fits = (message: MessageMeta, { appendLimit }: FolderRules): boolean =>
  appendLimit === null || message.bytes <= appendLimit;

function copyOrRuleOut(message: MessageMeta, rules: FolderRules, decision: FolderDecision): void {
  if (fits(message, rules)) decision.copy.push(message);
  else
    decision.cannot.push({
      message,
      reason: `${TOO_LARGE}: ${message.bytes} bytes, the destination takes ${rules.appendLimit}`,
    });
}
