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

export const splitIntroduction = (
  lab: {
    zone: string;
    exchange: readonly string[];
    others: number;
    ports: { old: number; new: number; graph: number };
  },
  style: Style,
): string => {
  const { zone, exchange, others, ports } = lab;
  return [
    style.bold(
      `The company ${zone} splits its mail: ${exchange.length} mailboxes go to Exchange Online, ${others} to a new IMAP host.`,
    ),
    `One domain cannot have two mail systems: the MX of ${zone} goes to Exchange, for ${listed(exchange)}. The other ${others} get`,
    `addresses of mail.${zone}, which has an MX of its own; Exchange sends on what is still written to their old ones.`,
    `Microsoft 365 is simulated (port ${ports.graph}). All else is real, and everything is on this machine only: two Dovecots (ports ${ports.old}`,
    `and ${ports.new}), a primary and a secondary name server, a caching resolver, an SMTP server at each host. TTLs are seconds here.`,
  ].join('\n');
};

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;

/** How mails came to their mailboxes after the switch. */
export const splitFootnote = (mails: { own: number; sentOn: number; direct: number; domain: string }): string =>
  [
    `Exchange took ${mails.own + mails.sentOn} of the mails: ${mails.own} for its own mailboxes, and ${mails.sentOn} for old addresses, which it sent on to ${mails.domain}`,
    `as its mail contacts say. ${mails.direct} more were written to ${mails.domain} itself.`,
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

export function demoVerdict(result: DemoResult & { newPlace: string; footnote: string | null }, style: Style): string {
  const { sent, arrived, lost, doubled, bounced } = result;
  const sentence = `sent ${sent}, arrived ${arrived}, lost ${lost}, doubled ${doubled}, bounced ${bounced}`;
  const good = lost + doubled + bounced === 0 && arrived === sent;
  return [
    '',
    `${style.bold('Verdict')}  ${good ? style.good(sentence) : style.bad(sentence)}`,
    `${result.late} of these mails still went to the old host after the first had reached ${result.newPlace}; each was brought over, once.`,
    ...(result.footnote === null ? [] : [result.footnote]),
    `${result.seconds.toFixed(0)} s in all. The report: ${result.reportFile}`,
  ].join('\n');
}
