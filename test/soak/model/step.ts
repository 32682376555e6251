import { type Content, type Item, leaveToUser, type Mailbox, type SourceMessage } from './mailbox.ts';

export interface Delivery {
  content: Content;
  /** As it is sent, CRLF line ends. */
  bytes: Buffer;
  folder: string;
  date: string;
  flags: readonly string[];
  /** append: by IMAP. maildir: by the server's own delivery, bare LF on disk, no flags, INBOX only. */
  by: 'append' | 'maildir';
}

/** One thing a user does, at one end. */
export type Step =
  | ({ at: 'source' | 'destination'; do: 'deliver' } & Delivery)
  | { at: 'source' | 'destination'; do: 'create'; folder: string }
  | { at: 'source'; do: 'store'; messages: readonly SourceMessage[]; add: readonly string[]; remove: readonly string[] }
  | { at: 'destination'; do: 'store'; messages: readonly Item[]; add: readonly string[]; remove: readonly string[] }
  | { at: 'source'; do: 'delete'; messages: readonly SourceMessage[] }
  | { at: 'destination'; do: 'delete'; messages: readonly Item[] }
  /** `by`: MOVE, or COPY and then a delete, as clients do it that have no MOVE. */
  | { at: 'source'; do: 'move'; messages: readonly SourceMessage[]; to: string; by: 'move' | 'copy' }
  | { at: 'destination'; do: 'move'; messages: readonly Item[]; to: string; by: 'move' | 'copy' }
  | { at: 'source'; do: 'copy'; messages: readonly SourceMessage[]; to: string }
  | { at: 'source'; do: 'rename'; folder: string; to: string }
  | { at: 'source'; do: 'remove'; folder: string };

/** UIDs a step gave out: of the delivered message, or of the moved or copied ones, in their order. null: the server did not say. */
export type GivenUids = readonly (number | null)[];

/** What the step does to the model. */
export function applyStep(mailbox: Mailbox, step: Step, uids: GivenUids): void {
  switch (step.do) {
    case 'deliver':
      deliver(mailbox, step, uids[0] ?? null);
      return;
    case 'create':
      (step.at === 'source' ? mailbox.sourceFolders : mailbox.destinationFolders).add(step.folder);
      return;
    case 'store':
      for (const { flags } of step.messages) {
        for (const flag of step.add) flags.add(flag);
        for (const flag of step.remove) flags.delete(flag);
      }
      return;
    case 'delete':
      if (step.at === 'source') for (const message of step.messages) expunge(mailbox, message);
      else for (const item of step.messages) removeItem(mailbox, item);
      return;
    case 'move':
      if (step.at === 'destination') step.messages.forEach(leaveToUser);
      for (const [at, message] of step.messages.entries()) {
        message.folder = step.to;
        message.uid = uids[at] ?? null;
      }
      return;
    case 'copy':
      for (const [at, message] of step.messages.entries()) {
        const flags = new Set(message.flags);
        const copied = { ...message, folder: step.to, flags, uid: uids[at] ?? null, copy: 'none' as const };
        mailbox.messages.add({ ...copied, syncedFlags: new Set() });
      }
      return;
    case 'rename':
      mailbox.sourceFolders.delete(step.folder);
      mailbox.sourceFolders.add(step.to);
      for (const message of inFolder(mailbox, step.folder)) message.folder = step.to;
      return;
    case 'remove':
      mailbox.sourceFolders.delete(step.folder);
      for (const message of inFolder(mailbox, step.folder)) expunge(mailbox, message);
  }
}

function deliver(mailbox: Mailbox, step: Step & { do: 'deliver' }, uid: number | null): void {
  const { content, folder, date } = step;
  const stored = { content, folder, date, flags: new Set(step.flags), uid };
  if (step.at === 'source') mailbox.messages.add({ ...stored, copy: 'none', syncedFlags: new Set() });
  else mailbox.items.add({ ...stored, copyOf: null });
}

function expunge(mailbox: Mailbox, message: SourceMessage): void {
  mailbox.messages.delete(message);
  mailbox.gone.add(message);
}

function removeItem(mailbox: Mailbox, item: Item): void {
  leaveToUser(item);
  mailbox.items.delete(item);
}

const inFolder = ({ messages }: Mailbox, name: string): SourceMessage[] =>
  [...messages].filter(({ folder }) => folder === name);

/** For the people who read a failure. */
export function describeStep(step: Step): string {
  const what = contentsOf(step)
    .map(({ name }) => name)
    .join(', ');
  const head = `${step.at}: ${step.do}`;
  switch (step.do) {
    case 'deliver':
      return `${head} ${what} to "${step.folder}" dated ${step.date} (${step.flags.join(' ')})${step.by === 'maildir' ? ' by the Maildir' : ''}`;
    case 'create':
    case 'remove':
      return `${head} folder "${step.folder}"`;
    case 'rename':
      return `${head} folder "${step.folder}" to "${step.to}"`;
    case 'store':
      return `${head} ${what} in "${step.messages[0]?.folder}" ${[...step.add.map((flag) => `+${flag}`), ...step.remove.map((flag) => `-${flag}`)].join(' ')}`;
    case 'delete':
      return `${head} ${what} from "${step.messages[0]?.folder}"`;
    case 'move':
    case 'copy':
      return `${head} ${what} from "${step.messages[0]?.folder}" to "${step.to}"${step.do === 'move' && step.by === 'copy' ? ' by COPY and delete' : ''}`;
  }
}

/** The messages a step names; a step on a folder names none. */
export function contentsOf(step: Step): Content[] {
  if (step.do === 'deliver') return [step.content];
  return 'messages' in step ? [...new Set(step.messages.map(({ content }) => content))] : [];
}
