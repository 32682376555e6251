import { median } from '../measure/median.ts';
import type { Copied, ScenarioResult, ToolRow } from '../scenarios/scenario.ts';

/** A scenario as Markdown: what was copied, the table of medians, and each run by itself. */
export function scenarioText(result: ScenarioResult): string {
  const { title, data, rows, delay, notes } = result;
  const base = rows[0];
  const lines = rows.map((row) => tableRow(row, base));
  const parts = [
    `## ${title}`,
    data.map(dataText).join(' '),
    [HEAD, RULE, ...lines].join('\n'),
    [...rows.flatMap((row) => runLines(row, base)), ...notes.map((note) => `- ${note}`)].join('\n'),
  ];
  if (delay !== null) {
    const { roundTripMs, megabytesPerSecond } = delay;
    parts.push(
      `The delaying process by itself: ${roundTripMs.toFixed(1)} ms there and back, ${megabytesPerSecond.toFixed(0)} MB/s on one connection.`,
    );
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

const HEAD =
  '| tool | messages | first copy, messages/s | ratio | no-change pass, s | beyond process start, s | peak memory, MB | CPU, s |';
const RULE = '|---|---|---|---|---|---|---|---|';

const rateOf = (row: ToolRow, { first }: Copied): number => row.messages / first.seconds;
const medianRate = (row: ToolRow): number => median(row.runs.map((run) => rateOf(row, run)));

function tableRow(row: ToolRow, base: ToolRow | undefined): string {
  const again = median(row.runs.flatMap((run) => run.again).map(({ seconds }) => seconds));
  const peak = Math.max(
    ...row.runs.flatMap(({ first, again: later }) => [first, ...later]).map((m) => m.peakMegabytes),
  );
  const cells = [
    row.tool,
    row.messages,
    medianRate(row).toFixed(0),
    base === undefined ? '' : `${(medianRate(row) / medianRate(base)).toFixed(2)} x`,
    again.toFixed(2),
    Math.max(0, again - row.startSeconds).toFixed(2),
    peak,
    median(row.runs.map(({ first }) => first.cpuSeconds)).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

function runLines(row: ToolRow, base: ToolRow | undefined): string[] {
  return row.runs.map((run, at) => {
    const other = base?.runs[at];
    const ratio =
      base === undefined || other === undefined || base === row
        ? ''
        : `, ${(rateOf(row, run) / rateOf(base, other)).toFixed(2)} x`;
    const again = run.again.map(({ seconds }) => seconds.toFixed(2)).join(', ');
    const setUp = run.setUpSeconds > 0 ? `; plan before it ${run.setUpSeconds.toFixed(1)} s` : '';
    return `- run ${at + 1}, ${row.tool}: ${run.first.seconds.toFixed(1)} s, ${rateOf(row, run).toFixed(0)} messages/s${ratio}; no change ${again} s${setUp}`;
  });
}

function dataText({ messages, bytes, folders }: ScenarioResult['data'][number]): string {
  const counts = Object.values(folders);
  const mean = (bytes / messages / 1000).toFixed(1);
  return `${messages.toLocaleString('en')} messages, ${(bytes / 1e6).toFixed(0)} MB (mean ${mean} kB), ${counts.length} folders of ${Math.min(...counts).toLocaleString('en')} to ${Math.max(...counts).toLocaleString('en')}.`;
}
