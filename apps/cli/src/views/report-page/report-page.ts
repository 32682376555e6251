import { count, counted, minuteOf, percent } from '../../output/figures.ts';
import { type MailboxStanding, totalsOf } from '../mailbox-standing.ts';
import { type Report, verdictOf } from '../report.ts';
import { waitText } from '../wait-text.ts';
import { foldersSection } from './folders-section.ts';
import { Html, html } from './html.ts';
import { listsSections } from './lists-sections.ts';
import { PAGE_STYLE } from './page-style.ts';
import { sumSection } from './sum-section.ts';

/** The report as one page that needs nothing else: no script, no font, no picture. */
export function reportPage(report: Report): string {
  const { plan, now } = report;
  const verdict = verdictOf(report);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${plan.project}: mail migration report</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body><main>
<header><h1>${plan.project}: mail migration</h1><span>as of ${minuteOf(now)} · plan ${plan.sha256.slice(0, 8)} of ${minuteOf(new Date(plan.created_at))} · mxodus ${plan.mxodus}</span></header>
<p class="verdict ${verdict.kind}"><b>${verdict.head.replace(':', '')}</b>${upperFirst(verdict.text)}</p>
${numbers(report)}
${sumSection(report)}
${mailboxesSection(report)}
${listsSections(report)}
${foldersSection(report)}
${cutoverSection(report)}
${words()}
</main></body>
</html>
`;
  return page.text;
}

function numbers({ standings, alterations }: Report): Html {
  const { moved, source_messages: due, lag, not_moved: notMoved, in_doubt: inDoubt } = totalsOf(standings);
  const passes = standings.map(({ last_complete_pass: last }) => last);
  const oldest = passes.includes(null) ? null : passes.filter((pass) => pass !== null).sort()[0];
  return html`<dl class="numbers">
<div><dt>Moved</dt><dd>${count(moved)}<small>of ${count(due)}, ${percent(moved, due)}</small></dd></div>
<div><dt>To come</dt><dd>${count(lag)}</dd></div>
<div><dt>Not moved</dt><dd>${count(notMoved)}</dd></div>
<div><dt>In doubt</dt><dd>${count(inDoubt)}</dd></div>
<div><dt>Altered</dt><dd>${count(alterations.length)}</dd></div>
<div><dt>Every mailbox complete as of</dt><dd class="long">${oldest == null ? 'not yet' : minuteOf(new Date(oldest))}</dd></div>
</dl>`;
}

function mailboxesSection({ plan, standings, now }: Report): Html {
  const planned = new Map(plan.mailboxes.map((mailbox) => [mailbox.address, mailbox]));
  const rows = standings.map((standing) => {
    const mailbox = planned.get(standing.mailbox);
    const way =
      mailbox === undefined
        ? ''
        : `${mailbox.source.server} → ${mailbox.destination.server}` +
          (mailbox.destination.address === mailbox.address ? '' : `, ${mailbox.destination.address}`);
    return html`<tr><td>${standing.mailbox}<small>${way}</small></td><td>${standing.phase}</td><td${standing.waiting === null ? null : new Html(' class="wide"')}>${health(standing, now)}</td>
<td class="n">${count(standing.moved)} / ${count(standing.source_messages)}</td><td class="n">${count(standing.lag)}</td>
<td class="n">${count(standing.not_moved)}</td><td class="n">${count(standing.in_doubt)}</td>
<td>${standing.last_complete_pass === null ? 'never' : minuteOf(new Date(standing.last_complete_pass))}</td></tr>`;
  });
  return html`<h2>Mailboxes</h2>
<div class="scroll"><table><thead><tr><th>Mailbox</th><th>Phase</th><th>Health</th><th class="n">Moved / total</th><th class="n">To come</th>
<th class="n">Not moved</th><th class="n">In doubt</th><th>Last complete pass</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function health({ health: state, error, waiting }: MailboxStanding, now: Date): Html {
  const why = waiting === null ? error : waitText(waiting, now);
  return html`<span class="tag ${state.split(' ')[0] ?? ''}">${state}</span>${why === null ? null : html`<small>${why}</small>`}`;
}

function cutoverSection({ cutover }: Report): Html | null {
  if (cutover === null) return null;
  const rows = cutover.entries.map(
    ({ time, text }) => html`<tr><td>${minuteOf(new Date(time))}</td><td class="wide">${text}</td></tr>`,
  );
  return html`<h2>Cutover: ${cutover.state}</h2>
<p class="soft">${counted(cutover.entries.length, 'entry', 'entries')} of the journal, oldest first.</p>
<div class="scroll"><table><tbody>${rows}</tbody></table></div>`;
}

const words = (): Html => html`<footer>
<p><b>Moved</b>: at the destination, by mxodus or found there. <b>To come</b>: no pass has come to it yet.
<b>Not moved</b>: refused by the destination, or unreadable at the source; listed above.
<b>In doubt</b>: sent, and the answer never came; the next pass looks for it before it sends. <b>Altered</b>: moved, with a change the destination made necessary.</p>
<p>Made from the ledger; no server was asked. Subjects and other people’s addresses are not in this page.</p></footer>`;

const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
