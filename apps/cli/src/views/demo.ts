import type { Style } from '../output/style.ts';

/** What the demo says between its steps. */

export const demoHeading = (number: number, title: string, style: Style): string =>
  `\n${style.bold(`${number}. ${title}`)}`;

export const demoCommand = (args: readonly string[], style: Style): string => style.dim(`$ mxodus ${args.join(' ')}`);

export const demoIntroduction = (
  lab: { old: number; new: number; zone: string; people: number },
  style: Style,
): string =>
  [
    style.bold(`The company ${lab.zone} moves its mail: ${lab.people} mailboxes, from an old IMAP host to a new one.`),
    `Everything is real and on this machine only: two Dovecots (ports ${lab.old} and ${lab.new}), a primary and a secondary name server,`,
    'a caching resolver, an SMTP server at each host. TTLs are seconds here, so that nobody waits a day.',
  ].join('\n');

export interface DemoResult {
  sent: number;
  arrived: number;
  lost: number;
  doubled: number;
  bounced: number;
  /** Mails that reached the old host after the first one had reached the new. */
  late: number;
  seconds: number;
  reportFile: string;
}

export function demoVerdict(result: DemoResult, style: Style): string {
  const { sent, arrived, lost, doubled, bounced } = result;
  const sentence = `sent ${sent}, arrived ${arrived}, lost ${lost}, doubled ${doubled}, bounced ${bounced}`;
  const good = lost + doubled + bounced === 0 && arrived === sent;
  return [
    '',
    `${style.bold('Verdict')}  ${good ? style.good(sentence) : style.bad(sentence)}`,
    `${result.late} of these mails still went to the old host after the first had reached the new one; each was brought over, once.`,
    `${result.seconds.toFixed(0)} s in all. The report: ${result.reportFile}`,
  ].join('\n');
}
