import { count, counted } from '../../output/figures.ts';
import { type MailboxStanding, totalsOf } from '../mailbox-standing.ts';
import type { Report } from '../report.ts';
import { type Html, html } from './html.ts';

/** How the counts add up: every source message is in exactly one part. */
export function sumSection({ standings, notMoved }: Report): Html {
  const totals = totalsOf(standings);
  const sum = (of: (standing: MailboxStanding) => number): number =>
    standings.reduce((total, standing) => total + of(standing), 0);
  const excluded = sum((standing) => standing.excluded);
  const there = Math.min(
    sum(({ buckets }) => buckets?.already_there ?? 0),
    totals.moved,
  );
  const cannot = notMoved.filter(({ state }) => state === 'cannot').length;
  const parts = [
    { name: 'moved', colour: 'moved', value: totals.moved - there },
    { name: 'already there', colour: 'there', value: there },
    { name: 'to come', colour: 'come', value: totals.lag },
    { name: 'cannot be moved', colour: 'cannot', value: cannot },
    { name: 'failed', colour: 'failed', value: totals.not_moved - cannot },
    { name: 'in doubt', colour: 'doubt', value: totals.in_doubt },
    { name: 'excluded by the config', colour: 'excluded', value: excluded },
  ];
  const whole = parts.reduce((total, { value }) => total + value, 0);
  const shown = parts.filter(({ value }) => value > 0);
  return html`<h2>How the counts add up</h2>
<div class="bar" role="img" aria-label="shares of the source messages">${shown.map(
    ({ value, colour }) => html`<i style="flex:${value};background:var(--${colour})"></i>`,
  )}</div>
<ul class="sum">${shown.map(
    ({ name, value, colour }) => html`<li><i style="background:var(--${colour})"></i>${count(value)} ${name}</li>`,
  )}<li class="soft">= ${counted(whole, 'message')} at the source</li></ul>`;
}
