import { setTimeout as sleep } from 'node:timers/promises';
import { type FolderMap, readMailbox } from '@mxodus/lab';
import type { Diary } from './diary.ts';
import { emptyMailbox, type Mailbox } from './model/mailbox.ts';
import { noteUids } from './model/note-uids.ts';
import { applyStep, contentsOf, describeStep } from './model/step.ts';
import type { Random } from './random.ts';
import type { Mood } from './user/choice.ts';
import { chooseStep } from './user/choose-step.ts';
import { openClient } from './user/client.ts';
import { createWriter } from './user/contents.ts';
import { newPeriod } from './user/period.ts';
import type { End, World } from './world.ts';

export interface Acting {
  random: Random;
  mood: Mood;
  steps: number;
  /** The longest pause between two steps, ms. */
  pauseMs: number;
}

/** Both ends of a mailbox as they are. */
export type Look = Record<End, FolderMap>;

/** One user: what they do at both ends, and the model of it. */
export interface Person {
  user: string;
  mailbox: Mailbox;
  act(acting: Acting): Promise<void>;
  look(): Promise<Look>;
  /** The look agrees with the model: UIDs are known again, and what had to wait for a complete pass may happen. */
  settle(look: Look): void;
}

export interface PersonOptions {
  world: World;
  user: string;
  diary: Diary;
  deletedFlag: boolean;
  without: ReadonlySet<string>;
}

const FOLDERS = ['INBOX', 'Sent', 'Drafts', 'Trash', 'Junk', 'Archive'];

export function createPerson({ world, user, diary, deletedFlag, without }: PersonOptions): Person {
  const { journey, spellings } = world;
  const servers = { source: journey.old, destination: journey.new };
  const mailbox = emptyMailbox(FOLDERS);
  const writer = createWriter(user);
  let period = newPeriod();
  let present: readonly string[] = ['INBOX'];

  return {
    user,
    mailbox,
    act: async ({ random, mood, steps, pauseMs }) => {
      const clients = {
        source: await openClient(servers.source, user, spellings.source),
        destination: await openClient(servers.destination, user, spellings.destination),
      };
      for (let count = 0; count < steps; count += 1) {
        const step = chooseStep({ random, writer, mailbox, period, mood, present, deletedFlag }, without);
        if (step === null) continue;
        diary.note(`${user} ${describeStep(step)}`, contentsOf(step));
        applyStep(mailbox, step, await clients[step.at].perform(step));
        if (pauseMs > 0) await sleep(random.below(pauseMs));
      }
      await clients.source.close();
      await clients.destination.close();
    },
    look: async () => ({
      source: await readMailbox(servers.source, user, servers.source.password),
      destination: await readMailbox(servers.destination, user, servers.destination.password),
    }),
    settle: ({ source, destination }) => {
      noteUids(mailbox.messages, source);
      noteUids(mailbox.items, destination);
      present = Object.keys(destination).sort();
      period = newPeriod(period);
    },
  };
}
