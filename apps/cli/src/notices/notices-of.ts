import type { Plan } from '@mxodus/model';
import { count, counted } from '../output/figures.ts';
import { type Audience, audiencesOf } from './audience.ts';
import { type Block, heading, list, type Notice, table, text } from './notice.ts';
import { before, dayText, fullTime, type NoticeTimes } from './notice-times.ts';

/**
 * Every notice of a plan: five for each audience, one for partners.
 *
 *   week-before, day-before, hour-before   what will happen, when, and what to do
 *   switched                               it has happened
 *   closing                                the old servers go
 */
export function noticesOf(plan: Plan, times: NoticeTimes): Notice[] {
  return [...audiencesOf(plan).flatMap((audience) => forUsers(audience, times)), forPartners(plan, times)];
}

function forUsers(audience: Audience, times: NoticeTimes): Notice[] {
  const { switchAt, closesAt, zone } = times;
  const about = `${counted(audience.people.length, 'person', 'people')} whose mail goes to ${audience.system}`;
  const common = { audience: audience.changesAddress ? `${about} and who get a new address` : about };
  const named = (index: number, step: string): string => `users-${audience.name}-${index}-${step}`;
  return [
    {
      ...common,
      name: named(1, 'week-before'),
      title: `Your mail moves on ${dayText(switchAt, zone)}`,
      sendAt: before(switchAt, { days: 7 }),
      sendWhen: 'a week before',
      blocks: [...announcement(audience, times), ...changes(audience), ...preparation()],
    },
    {
      ...common,
      name: named(2, 'day-before'),
      title: `Tomorrow your mail moves`,
      sendAt: before(switchAt, { days: 1 }),
      sendWhen: 'a day before',
      blocks: [...announcement(audience, times), ...changes(audience), ...preparation()],
    },
    {
      ...common,
      name: named(3, 'hour-before'),
      title: 'In an hour your mail moves',
      sendAt: before(switchAt, { hours: 1 }),
      sendWhen: 'an hour before',
      blocks: [
        text(`At ${fullTime(switchAt, zone)} your mail moves to ${audience.system}.`),
        text(
          'Please send what is in your outbox, and close your mail program until you are told that the move is done.',
        ),
        ...changes(audience),
      ],
    },
    {
      ...common,
      name: named(4, 'switched'),
      title: 'Your mail has moved',
      sendAt: null,
      sendWhen: 'after the switch',
      blocks: [
        text(`New mail for you arrives at ${audience.system} now; what you had is there too.`),
        ...changes(audience),
        text(
          `Until about ${fullTime(times.calmAt, zone)} some mail may still arrive at the old server. It is brought over, and nobody has to send it again; it may come late.`,
        ),
        heading('From now on'),
        list(
          'Work with the new mailbox only. What is deleted, moved or marked in the old one does not come over any more.',
          'Remove the old account from your mail programs and phones: what they still save there is found late.',
          'Printers, web forms and programs that send mail by the old server have to be changed; tell us which.',
          'If somebody tells you that a mail to you came back, ask for it to be sent again, and tell us.',
        ),
      ],
    },
    {
      ...common,
      name: named(5, 'closing'),
      title: 'The old mail server closes',
      sendAt: closesAt,
      sendWhen: 'when the old server is quiet, at the earliest',
      blocks: [
        text(
          `Since ${dayText(switchAt, zone)} your mail is at ${audience.system}. The old server will be switched off.`,
        ),
        text(
          `This happens not before ${fullTime(closesAt, zone)}, and only after it has been quiet: as long as mail still arrives there, it stays.`,
        ),

        list(
          'Look whether anything of yours is missing in the new mailbox, and tell us now.',
          'After that the old server cannot be reached, and nothing can be fetched from it.',
        ),
      ],
    },
  ];
}

function announcement({ system }: Audience, times: NoticeTimes): Block[] {
  const { switchAt, calmAt, closesAt, zone } = times;
  return [
    text(`Your mail moves to ${system}.`),
    table(
      ['What', 'When'],
      [
        ['New mail arrives at the new server', `from ${fullTime(switchAt, zone)}`],
        ['Some mail may still arrive at the old one, and is brought over', `until about ${fullTime(calmAt, zone)}`],
        ['The old server closes', `not before ${fullTime(closesAt, zone)}`],
      ],
    ),
    text('Your mail and your folders are copied beforehand. Until the switch nothing changes for you.'),
  ];
}

function preparation(): Block[] {
  return [
    heading('What to do'),
    list(
      'Until the switch: go on as always. Empty your outbox before it, and close your mail program.',
      'After the switch: set up the new mailbox as written above, and stop using the old one.',
      'Nothing has to be saved or sent again by you.',
    ),
  ];
}

/** What is different afterwards. */
function changes({ changesAddress, people, settings }: Audience): Block[] {
  const users = people.filter(({ user, after }) => user !== after);
  const address = changesAddress
    ? [
        text('You get a new address:'),
        table(
          ['Until now', 'New address'],
          people.map(({ before: old, after }) => [old, after]),
        ),
      ]
    : [text('Your address stays the same.')];
  const signIn =
    users.length === 0
      ? ['The user name is your address.']
      : users.length === people.length
        ? []
        : [`The user name is your address, but for ${count(users.length)} of you: see the table.`];
  return [
    heading('What changes'),
    ...address,
    list(...settings, ...(settings.length === 0 ? [] : signIn)),
    ...(users.length === 0
      ? []
      : [
          table(
            ['Mailbox', 'User name'],
            users.map(({ after, user }) => [after, user]),
          ),
        ]),
  ];
}

function forPartners(plan: Plan, times: NoticeTimes): Notice {
  const { switchAt, calmAt, zone } = times;
  const domains = plan.domains.map(({ domain }) => domain).join(', ');
  const moved = plan.mailboxes.filter(({ address, destination }) => address !== destination.address);
  const addresses =
    moved.length === 0
      ? [text('Our addresses stay the same. You need not change anything.')]
      : [
          text(`${counted(moved.length, 'address')} of ours ${moved.length === 1 ? 'changes' : 'change'}:`),
          table(
            ['Until now', 'New address'],
            moved.map(({ address, destination }) => [address, destination.address]),
          ),
        ];
  return {
    name: 'partners',
    title: `The mail of ${domains} moves on ${dayText(switchAt, zone)}`,
    audience: 'customers, suppliers and others you write to',
    sendAt: before(switchAt, { days: 1 }),
    sendWhen: 'a day before',
    blocks: [
      text(`On ${fullTime(switchAt, zone)} the mail of ${domains} moves to other servers.`),
      ...addresses,
      heading('What you may notice'),
      list(
        `Until about ${fullTime(calmAt, zone)} a mail to us may take longer than usual.`,
        'If a mail to us comes back, please send it again.',
        'If it is urgent, or a mail comes back twice, reach us another way: [telephone number or other address, to be filled in]',
        'If a machine or program of yours sends to our mail servers by name or address, let it look up our MX record instead.',
      ),
    ],
  };
}
