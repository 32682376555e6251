import { CR, counted, LF, separatorOf } from './bytes.ts';
import type { BodyRepair, SignatureEffect } from './repair.ts';

/** Yahoo answers BAD [CLIENTBUG] Additional arguments to a message that does not end with CRLF (2026-11). */
export const repairFinalLineEnd: BodyRepair = (body) => {
  const [beforeLast, last] = [body[body.length - 2], body[body.length - 1]];
  if (last === undefined || (last === LF && beforeLast === CR)) return null;
  const kept = last === LF ? body.subarray(0, -1) : body;
  return {
    body: Buffer.concat([kept, Buffer.from(last === CR ? '\n' : '\r\n')]),
    what: last === LF || last === CR ? 'the final line end made CRLF' : 'a final line end added',
    signature: 'kept',
  };
};

interface LineEnds {
  bareLf: number;
  bareCr: number;
  /** CRs right before a CR LF. */
  spareCr: number;
}

/** RFC 9051 4.3 wants CRLF. CR CR LF is one line end with a CR too many, not two. */
export const repairLineEnds: BodyRepair = (body) => {
  const found: LineEnds = { bareLf: 0, bareCr: 0, spareCr: 0 };
  const inContent: LineEnds = { ...found };
  // Where the line ends are so odd that no header ends, all of it counts as content.
  const content = separatorOf(body)?.next ?? 0;
  eachRun(body, ({ start, lf, crs }) => {
    for (const counts of start >= content ? [found, inContent] : [found]) {
      if (lf && crs === 0) counts.bareLf += 1;
      else if (lf) counts.spareCr += crs - 1;
      else counts.bareCr += crs;
    }
  });
  const { bareLf, bareCr, spareCr } = found;
  if (bareLf + bareCr + spareCr === 0) return null;
  return {
    body: withCrlf(body, body.length + bareLf + bareCr - spareCr),
    what: `line ends: ${[
      ...(bareLf > 0 ? [`${bareLf} bare LF made CRLF`] : []),
      ...(bareCr > 0 ? [`${bareCr} bare CR made CRLF`] : []),
      ...(spareCr > 0 ? [`${counted(spareCr, 'spare CR')} before CRLF removed`] : []),
    ].join(', ')}`,
    signature: effect(inContent),
  };
};

function effect({ bareLf, bareCr, spareCr }: LineEnds): SignatureEffect {
  if (bareCr + spareCr > 0) return 'breaks';
  return bareLf > 0 ? 'may-break' : 'kept';
}

function withCrlf(body: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  let from = 0;
  let to = 0;
  eachRun(body, ({ start, lf, crs }) => {
    if (lf && crs === 1) return;
    to += body.copy(out, to, from, start);
    for (let n = lf ? 1 : crs; n > 0; n -= 1) {
      out[to] = CR;
      out[to + 1] = LF;
      to += 2;
    }
    from = start + crs + (lf ? 1 : 0);
  });
  body.copy(out, to, from);
  return out;
}

/** CRs in a row, and whether an LF follows them; no CR: a bare LF. */
interface Run {
  start: number;
  crs: number;
  lf: boolean;
}

/** Hops from one CR or LF to the next. */
function eachRun(body: Buffer, visit: (run: Run) => void): void {
  const next = (byte: number, from: number): number => {
    const at = body.indexOf(byte, from);
    return at === -1 ? body.length : at;
  };
  let cr = next(CR, 0);
  let lf = next(LF, 0);
  while (Math.min(cr, lf) < body.length) {
    const start = Math.min(cr, lf);
    let end = start;
    while (body[end] === CR) end += 1;
    const run = { start, crs: end - start, lf: body[end] === LF };
    visit(run);
    if (run.lf) end += 1;
    if (cr < end) cr = next(CR, end);
    if (lf < end) lf = next(LF, end);
  }
}
