import type { Notice } from '../notices/notice.ts';
import { fullTime, type NoticeTimes } from '../notices/notice-times.ts';
import { table } from '../output/columns.ts';
import { counted } from '../output/figures.ts';
import type { Style } from '../output/style.ts';

/** What was written, for whom, and when it is to be sent. */
export function noticeList(
  { notices, times, folder }: { notices: readonly Notice[]; times: NoticeTimes; folder: string },
  style: Style,
): string {
  const groups = Map.groupBy(notices, ({ audience }) => audience);
  const basis = times.isSwitched ? 'The switch was made' : 'The switch is planned for';
  return [
    `${counted(notices.length, 'notice')} written to ${folder}, each as .txt and .html. Nothing was sent: read them, fill in what is in brackets, send them.`,
    `${basis} ${fullTime(times.switchAt, times.zone)}.`,
    ...[...groups].flatMap(([audience, alike]) => ['', style.bold(`To ${audience}:`), ...rowsOf(alike, times)]),
  ].join('\n');
}

const rowsOf = (notices: readonly Notice[], { zone }: NoticeTimes): string[] =>
  table(
    notices.map(({ name, sendWhen, sendAt }) => [sendWhen, sendAt === null ? '' : fullTime(sendAt, zone), name]),
  ).map((line) => `  ${line}`);
