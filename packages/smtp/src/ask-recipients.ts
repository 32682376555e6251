import type { RcptAnswer, SmtpTarget } from '@mxodus/model';
import { pathOf } from './address.ts';
import { type End, type Question, transactions } from './ask-in-one-connection.ts';
import type { HelloOptions } from './hello.ts';
import type { Pace } from './pace.ts';

/** Hosts end a conversation with too many unknown addresses (Postfix: 20 errors), and slow it down before (10). */
const PER_CONNECTION = 10;
/** Connections in a row that brought no answer, before the host is left alone. */
const FRUITLESS = 3;

/** One answer for each address, in their order. Rejects only with the reason of the signal. */
export async function askRecipients(
  target: SmtpTarget,
  addresses: readonly string[],
  options: HelloOptions & { pace: Pace },
): Promise<Map<string, RcptAnswer>> {
  const answers = new Map<string, RcptAnswer>();
  const left: Question[] = [];
  /** A conversation ended at these. They may be why, so they are asked last, and alone. */
  const suspects: Question[] = [];
  for (const address of new Set(addresses)) {
    const path = pathOf(address);
    if (path === null) answers.set(address, { kind: 'unasked', why: 'it is no address that can be asked for' });
    else left.push({ address, ...path });
  }
  const deadline = performance.now() + 10 * options.timeoutMs + 1000 * left.length;
  const ask = (batch: readonly Question[]): Promise<End | null> =>
    options.pace.run(target.address, options.signal, () => transactions(target, batch, answers, options));
  let fruitless = 0;
  let hasGreeted = false;
  let why = 'the host takes too long for so many addresses';
  while (left.length + suspects.length > 0 && performance.now() < deadline && fruitless < FRUITLESS) {
    const alone = left.length === 0;
    const batch = alone ? suspects.splice(0, 1) : left.splice(0, PER_CONNECTION);
    const known = answers.size;
    const end = await ask(batch);
    const [at, ...others] = batch.filter(({ address }) => !answers.has(address));
    fruitless = answers.size > known ? 0 : fruitless + 1;
    hasGreeted ||= end?.at !== 'hello';
    if (end === null || at === undefined) continue;
    why = end.why;
    if (end.at === 'address' && alone) answers.set(at.address, { kind: 'unasked', why });
    else if (end.at === 'address') suspects.push(at);
    left.unshift(...(end.at === 'address' ? others : [at, ...others]));
    // A host that did not say hello once will not for the next address either.
    if (!hasGreeted) break;
  }
  for (const { address } of [...left, ...suspects]) answers.set(address, { kind: 'unasked', why });
  return new Map(addresses.flatMap((address) => entryOf(address, answers)));
}

function entryOf(address: string, answers: ReadonlyMap<string, RcptAnswer>): [string, RcptAnswer][] {
  const answer = answers.get(address);
  return answer === undefined ? [] : [[address, answer]];
}
