import { type ArrivalPlace, inExchange, inMaildirs, type Lab, type LabExchange, type MailSink } from '@mxodus/lab';
import type { Style } from '../output/style.ts';
import { demoIntroduction, splitFootnote, splitIntroduction } from '../views/demo.ts';
import { demoConfig } from './demo-config.ts';
import { splitConfig, splitSecrets } from './split-config.ts';

/** What the two journeys of the demo differ in. */
export interface Story {
  introduction(style: Style): string;
  config: string;
  /** Of the config, by the name of their variable. */
  secrets: Readonly<Record<string, string>>;
  /** Files that the config names: where they come from, by their name beside it. */
  files: Readonly<Record<string, string>>;
  planTitle: string;
  verifyTitle: string;
  /** Where mail goes after the switch. */
  newPlace: string;
  /** Gets the mail of the domain after the switch. */
  newSink: MailSink;
  /** Addresses that work after the switch only. */
  newAddresses: readonly string[];
  /** Where a mail can be in the end. */
  places: readonly ArrivalPlace[];
  /** What else there is to say in the end. */
  footnote(): string | null;
}

export const storyOf = (lab: Lab): Story => (lab.exchange === null ? moveStory(lab) : splitStory(lab, lab.exchange));

/** Everybody to a new IMAP host. */
function moveStory(lab: Lab): Story {
  const { old, new: target, zone, users } = lab;
  return {
    introduction: (style) =>
      demoIntroduction({ old: old.port, new: target.imapsPort, zone, people: users.length }, style),
    config: demoConfig(lab),
    secrets: { DEMO_MASTER: lab.master.password },
    files: {},
    planTitle: 'What goes where, what will not fit? (reads only)',
    verifyTitle: 'Compare every message at both ends, byte for byte',
    newPlace: 'the new one',
    newSink: lab.sinks.new,
    newAddresses: [],
    places: [inMaildirs(target)],
    footnote: () => null,
  };
}

/** Some to Exchange, the others to a new IMAP host and new addresses. */
function splitStory(lab: Lab, exchange: LabExchange): Story {
  const { zone } = lab;
  const { service, sink, users, contacts } = exchange;
  const newAddresses = [...contacts.values()];
  return {
    introduction: (style) =>
      splitIntroduction(
        {
          zone,
          exchange: users,
          others: contacts.size,
          ports: { old: lab.old.port, new: lab.new.imapsPort, graph: service.port },
        },
        style,
      ),
    config: splitConfig(lab, exchange),
    secrets: splitSecrets(lab, exchange),
    files: { 'ca.pem': lab.caFile },
    planTitle: 'What goes where, what will not fit? (reads only, but for one test message in Exchange)',
    verifyTitle:
      'Compare every message at both ends: over IMAP byte for byte, in Exchange by Message-ID, flags and date',
    newPlace: 'Exchange',
    newSink: sink,
    newAddresses,
    places: [inMaildirs(lab.new), inExchange(service, zone)],
    footnote: () => {
      const recipients = sink.received.flatMap(({ accepted, recipient }) => (accepted ? [recipient] : []));
      const sentOn = recipients.filter((recipient) => contacts.has(recipient)).length;
      const direct = lab.sinks.new.received.filter(({ accepted }) => accepted).length - sentOn;
      return splitFootnote({ own: recipients.length - sentOn, sentOn, direct, domain: `mail.${zone}` });
    },
  };
}
