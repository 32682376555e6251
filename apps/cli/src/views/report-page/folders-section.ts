import type { Buckets, FolderRow } from '@mxodus/model';
import { count, counted } from '../../output/figures.ts';
import type { Report } from '../report.ts';
import { type Html, html } from './html.ts';

export function foldersSection({ folders }: Report): Html | null {
  if (folders.length === 0) return null;
  const byMailbox = Map.groupBy(folders, ({ address }) => address);
  return html`<h2>Folders</h2>${[...byMailbox].map(([address, rows]) => mailboxFolders(address, rows))}`;
}

function mailboxFolders(address: string, rows: readonly FolderRow[]): Html {
  const left = rows.reduce((sum, { buckets }) => sum + notMoved(buckets), 0);
  const note = `${counted(rows.length, 'folder')}${left === 0 ? '' : `, ${count(left)} not moved`}`;
  return html`<details><summary>${address}<span>${note}</span></summary>
<div class="scroll"><table><thead><tr><th>Source</th><th>Destination</th><th class="n">Messages</th><th class="n">There</th><th class="n">Moved</th>
<th class="n">Cannot</th><th class="n">Failed</th><th class="n">In doubt</th></tr></thead><tbody>${rows.map(folderRow)}</tbody></table></div></details>`;
}

function folderRow({ source, destination, finished, buckets }: FolderRow): Html {
  const cells = buckets === null ? ['', '', '', '', ''] : figures(buckets).map(count);
  return html`<tr><td>${source}</td><td>${destination === source ? 'the same' : destination}</td>
<td class="n">${finished === null ? 'not finished yet' : count(finished.messages)}</td>${cells.map((cell) => html`<td class="n">${cell}</td>`)}</tr>`;
}

const figures = (buckets: Buckets): number[] => [
  buckets.already_there,
  buckets.moved_before + buckets.moved_now,
  buckets.cannot,
  buckets.failed,
  buckets.in_doubt,
];

const notMoved = (buckets: Buckets | null): number =>
  buckets === null ? 0 : buckets.cannot + buckets.failed + buckets.in_doubt;
