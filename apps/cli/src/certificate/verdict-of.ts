import type { CutoverState } from '@mxodus/model';
import { count, counted } from '../output/figures.ts';
import type { Certificate } from './certificate-schema.ts';

type Verdict = Certificate['verdict'];

interface Facts {
  state: CutoverState;
  /** There is an entry of this plan in the journal. */
  begun: boolean;
  canaries: Certificate['canaries'];
  passes: Certificate['passes'];
}

/**
 * The sentence at the top. It claims no more than the test mails show.
 *
 *   over (RESTORED, CLOSED)   none sent               not-verified
 *                             all arrived             proven, unless the last pass left something behind
 *                             some bounced            bounced
 *                             some found nowhere      lost
 *   ROLLED_BACK               as above, said as rolled-back where nothing is wrong
 *   anything else             under-way
 */
export function verdictOf(facts: Facts): Verdict {
  const { state, begun, canaries } = facts;
  if (!begun) return { kind: 'not-begun', text: 'NOT BEGUN: the journal has no entry of this plan.' };
  const isOver = state === 'RESTORED' || state === 'CLOSED' || state === 'ROLLED_BACK';
  const tally = tallyText(canaries, isOver);
  if (canaries.bounced > 0) return { kind: 'bounced', text: `BOUNCED: ${tally}` };
  if (!isOver) return { kind: 'under-way', text: `UNDER WAY in state ${state}: ${tally}` };
  if (canaries.missing > 0) return { kind: 'lost', text: `LOST: ${tally}` };
  const rest = leftBehind(facts.passes);
  if (state === 'ROLLED_BACK') return { kind: 'rolled-back', text: `ROLLED BACK: ${tally}${rest}` };
  if (canaries.sent === 0 || rest !== '') return { kind: 'not-verified', text: `NOT VERIFIED: ${tally}${rest}` };
  return { kind: 'proven', text: `PROVEN: ${tally}` };
}

/** "test mails: 12 sent, 12 arrived, 0 lost, 0 bounced." */
function tallyText(
  { sent, arrived, missing, bounced, unsent, arrived_old: old }: Certificate['canaries'],
  isOver: boolean,
): string {
  if (sent === 0) {
    const why = unsent > 0 ? `no host took any of ${counted(unsent, 'test mail')}` : 'no test mail was sent';
    return `${why}, so it was not measured whether mail arrives.`;
  }
  const places = old === 0 ? '' : ` (${count(old)} at the old servers)`;
  const open = isOver ? `${count(missing)} lost` : `${count(missing)} not found yet`;
  return `test mails: ${count(sent)} sent, ${count(arrived)} arrived${places}, ${open}, ${count(bounced)} bounced.`;
}

/** What the last pass after the switch could not bring over. */
function leftBehind(passes: Certificate['passes']): string {
  const last = passes.findLast(({ mode }) => mode !== 'final');
  if (last === undefined || last.in_doubt === 0) return '';
  return ` ${counted(last.in_doubt, 'message')} of the last pass ${last.in_doubt === 1 ? 'is' : 'are'} in doubt.`;
}
