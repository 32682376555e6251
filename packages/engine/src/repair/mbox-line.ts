import { lineAt } from './bytes.ts';
import type { BodyRepair } from './repair.ts';

const MBOX_LINE = /^>?From /;

/** The separator of the mbox format (RFC 4155) is no header field; some stores kept it as the first line of the message. */
export const repairMboxLine: BodyRepair = (body) => {
  let start = 0;
  let removed = 0;
  while (start < body.length && MBOX_LINE.test(body.toString('latin1', start, start + 6))) {
    const { next } = lineAt(body, start);
    if (next >= body.length) break;
    start = next;
    removed += 1;
  }
  if (removed === 0) return null;
  return {
    body: body.subarray(start),
    what:
      removed === 1
        ? 'the first line `From ...` (mbox) removed'
        : `the first ${removed} lines \`From ...\` (mbox) removed`,
    signature: 'kept',
  };
};
