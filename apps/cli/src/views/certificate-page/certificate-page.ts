import type { Certificate, CertificateChange } from '../../certificate/certificate-schema.ts';
import { count, counted, howLong, minuteOf, timestamp } from '../../output/figures.ts';
import { makeStyle } from '../../output/style.ts';
import { outcomeOf, peopleLines } from '../certificate.ts';
import { differenceLines } from '../cutover-changes.ts';
import { Html, html } from '../report-page/html.ts';
import { PAGE_STYLE } from '../report-page/page-style.ts';

/** What the certificate needs beside the style of the report page. */
const MORE_STYLE = `
pre { margin: 0; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.proven { background: var(--good-soft); color: var(--good); } .not-verified, .under-way, .rolled-back, .not-begun { background: var(--warn-soft); color: var(--warn); }
.lost, .bounced { background: var(--bad-soft); color: var(--bad); }
.green { background: var(--good-soft); color: var(--good); } .amber, .waived { background: var(--warn-soft); color: var(--warn); } .red, .unknown { background: var(--bad-soft); color: var(--bad); }
.gates { display: flex; flex-wrap: wrap; gap: 8px; list-style: none; margin: 0; padding: 0; } .soft { color: var(--soft); }
.gates + p { margin-top: 10px; } td.wide pre { min-width: 320px; } .digest { overflow-wrap: anywhere; } ul.plain { padding-left: 20px; margin: 0; }
`;

const PLAIN = makeStyle(false);

/** The certificate as one page that needs nothing else: no script, no font, no picture. */
export function certificatePage(certificate: Certificate): string {
  const { verdict, plan, project, journal } = certificate;
  const domains = certificate.domains.map(({ domain }) => domain).join(', ');
  const [head = '', ...rest] = verdict.text.split(': ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${project}: cutover of ${domains}</title>
<style>${new Html(PAGE_STYLE + MORE_STYLE)}</style>
</head>
<body><main>
<header><h1>${project}: cutover of ${domains}</h1><span>as of ${minuteOf(new Date(certificate.made_at))} · plan ${plan.sha256.slice(0, 8)} of ${minuteOf(new Date(plan.created_at))} · mxodus ${certificate.mxodus}</span></header>
<p class="verdict ${verdict.kind}"><b>${head}</b>${upperFirst(rest.join(': '))}</p>
${numbers(certificate)}
${statesSection(certificate)}
${changesSection(certificate)}
${waitsSection(certificate)}
${gatesSection(certificate)}
${listSection('Who asked for what', peopleLines(certificate))}
${missingSection(certificate)}
${lateSection(certificate)}
${listSection('What this page cannot say', certificate.not_measured)}
<footer>
<p><b>Test mails</b> are sent by mxodus through the MX that strangers see, and looked for at both ends. <b>Late mail</b> reached the old servers after the switch and was fetched from there.
<b>Served everywhere</b>: read back from every authoritative server, over UDP and TCP.</p>
<p class="digest">Journal: ${journal.digest === null ? 'there is none' : html`${counted(journal.lines, 'line')}, each with the SHA-256 of the one before, verified when this page was made. SHA-256 of the last line: ${journal.digest}`}.
Plan: ${plan.sha256} (made by mxodus ${plan.mxodus}).</p></footer>
</main></body>
</html>
`.text;
}

function numbers({ canaries, late_mail: late, state, alterations }: Certificate): Html {
  const slowest = canaries.slowest_ms === null ? '' : `slowest ${howLong(canaries.slowest_ms)}`;
  return html`<dl class="numbers">
<div><dt>State</dt><dd class="long">${state}</dd></div>
<div><dt>Test mails sent</dt><dd>${count(canaries.sent)}<small>${canaries.unsent === 0 ? '' : `${count(canaries.unsent)} more no host took`}</small></dd></div>
<div><dt>Arrived</dt><dd>${count(canaries.arrived)}<small>${slowest}</small></dd></div>
<div><dt>Not found</dt><dd>${count(canaries.missing)}</dd></div>
<div><dt>Bounced</dt><dd>${count(canaries.bounced)}</dd></div>
<div><dt>Late mail fetched</dt><dd>${count(late.fetched)}<small>${alterations === null ? '' : `${count(alterations)} altered on the way`}</small></dd></div>
</dl>`;
}

function statesSection({ states }: Certificate): Html | null {
  if (states.length === 0) return null;
  const rows = states.map(({ state, at }, index) => {
    const next = states[index + 1];
    return html`<tr><td>${state}</td><td>${timestamp(new Date(at))}</td><td class="n">${next === undefined ? '' : howLong(Date.parse(next.at) - Date.parse(at))}</td></tr>`;
  });
  return html`<h2>States</h2>
<div class="scroll"><table><thead><tr><th>State</th><th>Entered</th><th class="n">Lasted</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function changesSection({ changes }: Certificate): Html | null {
  if (changes.length === 0) return null;
  return html`<h2>Changes</h2>
<div class="scroll"><table><thead><tr><th>Change</th><th>Records</th><th>What became of it</th></tr></thead><tbody>${changes.map(changeRow)}</tbody></table></div>`;
}

function changeRow(change: CertificateChange): Html {
  const records = change.rrsets.map(({ name, type, before, after }) => [
    `${name} ${type}`,
    ...differenceLines(before, after, PLAIN).map((line) => `  ${line}`),
  ]);
  const refused = change.refusals.map((why) => html`<small>refused before, nothing was changed: ${why}</small>`);
  return html`<tr><td>${change.phase}<small>${change.zone}</small></td><td class="wide"><pre>${records.flat().join('\n')}</pre></td><td class="wide">${outcomeOf(change)}${refused}</td></tr>`;
}

function waitsSection({ waits }: Certificate): Html | null {
  if (waits.length === 0) return null;
  const rows = waits.map(
    ({ of, until, arithmetic }) =>
      html`<tr><td>${of}</td><td>${timestamp(new Date(until))}</td><td class="wide">${arithmetic}</td></tr>`,
  );
  return html`<h2>Waits</h2>
<div class="scroll"><table><thead><tr><th>After</th><th>Until</th><th>Computed</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function gatesSection({ gates, waivers }: Certificate): Html | null {
  if (gates.length === 0) return null;
  const waived = new Set(waivers.map(({ gate }) => gate));
  const tags = gates.map(({ id, status }) => {
    const word = waived.has(id) ? 'waived' : status;
    return html`<li><span class="tag ${word}">${id} ${word === status ? status : `${status}, waived`}</span></li>`;
  });
  return html`<h2>Gates when it began</h2>
<ul class="gates">${tags}</ul>${waivers.map(({ gate, by, until, why }) => html`<p>${gate} was waived by ${by} until ${until}: ${why}</p>`)}`;
}

function missingSection({ canaries }: Certificate): Html | null {
  if (canaries.not_arrived.length === 0) return null;
  const rows = canaries.not_arrived.map(
    ({ id, recipient, sent_at, why }) =>
      html`<tr><td>${recipient}<small>${id}</small></td><td>${timestamp(new Date(sent_at))}</td><td class="wide">${why ?? 'found at neither server'}</td></tr>`,
  );
  return html`<h2>Test mails that did not arrive</h2>
<div class="scroll"><table><thead><tr><th>To</th><th>Sent</th><th>Why</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function lateSection({ late_mail: late }: Certificate): Html | null {
  if (late.fetched === 0) return null;
  const machines = [
    ...late.machines.map(
      ({ host, cause, senders, messages }) =>
        html`<tr><td>${host || 'an unnamed host'}<small>${senders.join(', ')}</small></td><td>${cause}</td><td class="n">${count(messages)}</td></tr>`,
    ),
    ...late.stale_clients.map(
      ({ mailbox, messages }) =>
        html`<tr><td>a mail program of ${mailbox}</td><td>stale-client</td><td class="n">${count(messages)}</td></tr>`,
    ),
  ];
  const causes = late.by_cause.map(({ cause, messages }) => `${count(messages)} ${cause}`).join(', ');
  const still =
    machines.length === 0
      ? null
      : html`<div class="scroll"><table><thead><tr><th>Wrote to the old servers</th><th>Cause</th><th class="n">Messages</th></tr></thead><tbody>${machines}</tbody></table></div>`;
  return html`<h2>Late mail</h2><p>${counted(late.fetched, 'message')} fetched from the old servers: ${causes}.</p>${still}`;
}

function listSection(title: string, items: readonly string[]): Html | null {
  if (items.length === 0) return null;
  return html`<h2>${title}</h2><ul class="plain">${items.map((item) => html`<li>${upperFirst(item)}</li>`)}</ul>`;
}

const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
