import { count, counted, size } from '../../output/figures.ts';
import { nameOf } from '../not-moved-groups.ts';
import { groupAlterations, groupNotMoved, type Report } from '../report.ts';
import { type Html, html } from './html.ts';

/** What did not move, and what moved altered: by cause, the first three of each and how many. */
export const listsSections = (report: Report): (Html | null)[] => [notMovedSection(report), alteredSection(report)];

function notMovedSection(report: Report): Html | null {
  const groups = groupNotMoved(report.notMoved).all;
  if (groups.length === 0) return null;
  const rows = groups.map(
    ({
      bucket,
      why,
      count: total,
      bytes,
      first,
    }) => html`<tr><td>${nameOf(bucket)}</td><td class="n">${count(total)}</td><td class="n">${size(bytes)}</td>
<td class="wide">${why}<small>${examples(first, total)}</small></td></tr>`,
  );
  return html`<h2>Not moved</h2><p class="soft">The full list: <code>mxodus report PLAN --json</code>. Try the failed ones again: <code>mxodus sync PLAN --only-failed</code>.</p>
<div class="scroll"><table><thead><tr><th>Bucket</th><th class="n">Messages</th><th class="n">Size</th><th>Cause and first ones</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function alteredSection(report: Report): Html {
  const groups = groupAlterations(report);
  if (groups.length === 0)
    return html`<h2>Altered</h2><p class="soft">Nothing: every message that moved is what it was.</p>`;
  const rows = groups.map(({ what, why, count: total, first }) => {
    const places = first.map(({ address, folder, uid }) => ({ mailbox: address, folder, uid }));
    return html`<tr><td class="wide">${what}</td><td class="n">${count(total)}</td><td class="wide">${why}<small>${examples(places, total)}</small></td></tr>`;
  });
  return html`<h2>Altered</h2><p class="soft">${counted(report.alterations.length, 'alteration')}; each message counts as moved.</p>
<div class="scroll"><table><thead><tr><th>What</th><th class="n">Times</th><th>Why, and first ones</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function examples(first: readonly { mailbox: string; folder: string; uid: number | null }[], total: number): string {
  const places = first.map(({ mailbox, folder, uid }) => `${mailbox} ${folder}${uid === null ? '' : ` uid ${uid}`}`);
  if (total > first.length) places.push(`and ${count(total - first.length)} more`);
  return places.join(' · ');
}
