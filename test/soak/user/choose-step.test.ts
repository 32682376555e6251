import { expect, it } from 'vitest';
import { completePass } from '../model/complete-pass.ts';
import { emptyMailbox, type Mailbox, type Stored } from '../model/mailbox.ts';
import { applyStep, type Step } from '../model/step.ts';
import { createRandom } from '../random.ts';
import { chooseStep } from './choose-step.ts';
import { createWriter } from './contents.ts';
import { newPeriod } from './period.ts';

/** Many periods of activity against a server that only hands out UIDs. */
function live(seed: string, onStep: (mailbox: Mailbox, step: Step) => void): Mailbox {
  const random = createRandom(seed);
  const writer = createWriter('ann');
  const mailbox = emptyMailbox(['INBOX', 'Sent', 'Trash', 'Archive']);
  let period = newPeriod();
  let uid = 0;
  for (let round = 0; round < 60; round += 1) {
    const present = [...new Set(['INBOX', ...[...mailbox.items].map(({ folder }) => folder)])].sort();
    for (let count = 0; count < 30; count += 1) {
      const mood = round === 0 ? 'calm' : 'wild';
      const step = chooseStep({ random, writer, mailbox, period, mood, present, deletedFlag: true }, new Set());
      if (step === null) continue;
      onStep(mailbox, step);
      const uids = step.do === 'deliver' ? [null] : 'messages' in step ? step.messages : [];
      applyStep(
        mailbox,
        step,
        uids.map(() => ++uid),
      );
    }
    completePass(mailbox, random.pick(['keep', 'trash', 'mirror'] as const));
    for (const stored of [...mailbox.messages, ...mailbox.items]) stored.uid = ++uid;
    period = newPeriod(period);
  }
  return mailbox;
}

it('does everything a user does, and the same with the same seed', () => {
  const done: string[] = [];
  live('one', (_, { at, do: what }) => void done.push(`${at} ${what}`));
  const again: string[] = [];
  live('one', (_, { at, do: what }) => void again.push(`${at} ${what}`));
  expect(done).toEqual(again);
  expect([...new Set(done)].sort()).toEqual([
    'destination create',
    'destination delete',
    'destination deliver',
    'destination move',
    'destination store',
    'source copy',
    'source create',
    'source delete',
    'source deliver',
    'source move',
    'source remove',
    'source rename',
    'source store',
  ]);
});

it('never touches one of several equal messages in a folder alone', () => {
  const place = ({ content, folder }: Stored): string => `${folder} ${content.sha256}`;
  let twins = 0;
  live('two', ({ messages, items }, step) => {
    if (!('messages' in step)) return;
    const all: Stored[] = step.at === 'source' ? [...messages] : [...items];
    for (const one of step.messages) {
      const equal = all.filter((other) => place(other) === place(one));
      const touched = step.messages.filter((other) => place(other) === place(one));
      expect(touched).toHaveLength(equal.length);
      twins += equal.length > 1 ? 1 : 0;
    }
  });
  expect(twins).toBeGreaterThan(0);
});

it('leaves every copy that mxodus looks after where its message is', () => {
  const mailbox = live('three', () => undefined);
  const copies = [...mailbox.messages].filter(({ copy }) => typeof copy === 'object');
  expect(copies.length).toBeGreaterThan(50);
  for (const { copy, folder } of copies) expect(copy).toMatchObject({ folder });
  expect([...mailbox.messages].filter(({ copy }) => copy === 'none')).toEqual([]);
});
