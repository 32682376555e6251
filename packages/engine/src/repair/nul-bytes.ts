import { contentStart, counted, NUL } from './bytes.ts';
import type { BodyRepair } from './repair.ts';

/** "NO Message contains NUL characters" (Cyrus, 2026-11): only a literal8 may carry NUL (RFC 3516), and not every server takes one. */
export const repairNul: BodyRepair = (body) => {
  const first = body.indexOf(NUL);
  if (first === -1) return null;
  const out = Buffer.allocUnsafe(body.length);
  let [from, to, last] = [0, 0, first];
  for (let at = first; at !== -1; at = body.indexOf(NUL, from)) {
    to += body.copy(out, to, from, at);
    from = at + 1;
    last = at;
  }
  to += body.copy(out, to, from);
  // A message of nothing but NUL would become an empty one, which no server takes.
  if (to === 0) return null;
  return {
    body: out.subarray(0, to),
    what: `${counted(body.length - to, 'NUL byte')} removed`,
    signature: last >= contentStart(body) ? 'breaks' : 'kept',
  };
};
