import type { Item, Mailbox, SourceMessage, Stored } from '../model/mailbox.ts';
import type { Step } from '../model/step.ts';
import type { Random } from '../random.ts';
import type { Writer } from './contents.ts';
import type { Period } from './period.ts';

/**
 *   wild        everything a user does
 *   calm        only new mail and folders: around a lost ledger and a new UIDVALIDITY
 *   mild        while a pass runs or after a stopped one: only what ends the same whenever it happens
 *   mild-calm   both: new mail only
 */
export type Mood = 'wild' | 'calm' | 'mild' | 'mild-calm';

export const STEP_NAMES = [
  'deliver',
  'double',
  'store',
  'delete',
  'move',
  'copy',
  'create',
  'rename',
  'remove',
  'own-deliver',
  'own-store',
  'own-move',
  'own-delete',
  'own-create',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export interface Choice {
  random: Random;
  writer: Writer;
  mailbox: Mailbox;
  period: Period;
  mood: Mood;
  /** Folders the destination had at the last look. */
  present: readonly string[];
  /** May \Deleted be set? Not where the server can only expunge all that is marked. */
  deletedFlag: boolean;
}

export type StepMakers<T extends StepName> = Record<T, (choice: Choice) => Step | null>;

/** Equal messages in one folder of the source, which are always treated alike. */
export const bundleOf = ({ messages }: Mailbox, one: SourceMessage): SourceMessage[] =>
  [...messages].filter(({ content, folder }) => content === one.content && folder === one.folder);

export const equalItems = ({ items }: Mailbox, { content }: Pick<Stored, 'content'>, inFolder: string): Item[] =>
  [...items].filter((item) => item.content === content && item.folder === inFolder);

export const equalMessages = (
  { messages }: Mailbox,
  { content }: Pick<Stored, 'content'>,
  inFolder: string,
): SourceMessage[] => [...messages].filter((message) => message.content === content && message.folder === inFolder);
