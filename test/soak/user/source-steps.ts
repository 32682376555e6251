import type { SourceMessage } from '../model/mailbox.ts';
import { bundleOf, type Choice, equalItems, equalMessages, type StepMakers } from './choice.ts';
import { drawDate, drawFlag, drawFlags, toggle } from './draw.ts';

const FIXED = new Set(['INBOX', 'Sent', 'Drafts', 'Trash', 'Junk', 'Archive']);
const NEW_FOLDERS = [
  'Projects',
  'Projects/alpha',
  'Projects/beta',
  'R&D',
  'Büro/Köln',
  'Lists',
  'Customers/2024',
  'Old',
];

/** What users do at the source. */
export const sourceSteps: StepMakers<
  'deliver' | 'double' | 'store' | 'delete' | 'move' | 'copy' | 'create' | 'rename' | 'remove'
> = {
  deliver: ({ random, writer, mailbox, deletedFlag }) => {
    const folder = random.chance(0.4) ? 'INBOX' : random.pick([...mailbox.sourceFolders]);
    const by = folder === 'INBOX' && random.chance(0.25) ? 'maildir' : 'append';
    const flags = by === 'maildir' ? [] : drawFlags(random, { deletedFlag });
    return { at: 'source', do: 'deliver', ...writer.write(random), folder, date: drawDate(random), flags, by };
  },

  double: (choice) => {
    const { random, writer, mailbox } = choice;
    const [first, ...rest] = drawBundle(choice, (message) => canSpread(choice, message));
    if (first === undefined) return null;
    const { content } = first;
    const elsewhere = freeFolders(choice, first);
    const folder = random.chance(0.5) || elsewhere.length === 0 ? first.folder : random.pick(elsewhere);
    // Twins in a folder must be alike at both ends, for it is not known which one a pass takes for which.
    if (folder === first.folder && ![first, ...rest].every(({ copy }) => typeof copy === 'object')) return null;
    if (folder === first.folder && equalItems(mailbox, first, folder).length !== rest.length + 1) return null;
    const date = random.chance(0.5) ? first.date : drawDate(random);
    const flags = [...first.flags];
    return { at: 'source', do: 'deliver', content, bytes: writer.bytesOf(content), folder, date, flags, by: 'append' };
  },

  store: (choice) => {
    const { random, deletedFlag, mood } = choice;
    const messages = drawBundle(choice, (message) => !choice.period.flagged.has(message));
    const first = messages[0];
    if (first === undefined) return null;
    const flag = drawFlag(random, { deletedFlag, mild: mood === 'mild' ? 'Late' : null });
    if (mood === 'mild' && first.flags.has(flag)) return null;
    return { at: 'source', do: 'store', messages, ...toggle(first.flags, flag) };
  },

  delete: (choice) => {
    const messages = drawBundle(choice, ({ content }) => !choice.period.moved.has(content));
    return messages.length === 0 ? null : { at: 'source', do: 'delete', messages };
  },

  move: (choice) => {
    const { random } = choice;
    const messages = drawBundle(choice, (message) => canSpread(choice, message));
    const folders = messages[0] === undefined ? [] : freeFolders(choice, messages[0]);
    if (folders.length === 0) return null;
    return {
      at: 'source',
      do: 'move',
      messages,
      to: random.pick(folders),
      by: random.chance(0.3) ? 'copy' : 'move',
    };
  },

  copy: (choice) => {
    const messages = drawBundle(choice, (message) => canSpread(choice, message));
    const folders = messages[0] === undefined ? [] : freeFolders(choice, messages[0]);
    if (folders.length === 0 || messages.length > 1) return null;
    return { at: 'source', do: 'copy', messages, to: choice.random.pick(folders) };
  },

  create: (choice) => {
    const folder = newFolder(choice);
    return folder === null ? null : { at: 'source', do: 'create', folder };
  },

  rename: (choice) => {
    const [folder, to] = [emptyableFolder(choice, true), newFolder(choice)];
    // A level above a folder is there already, where folders are folders on disk.
    if (folder === null || to === null || NEW_FOLDERS.some((name) => name.startsWith(`${to}/`))) return null;
    if (to.startsWith(`${folder}/`)) return null;
    const clash = inFolder(choice, folder).some((message) => equalItems(choice.mailbox, message, to).length > 0);
    return clash ? null : { at: 'source', do: 'rename', folder, to };
  },

  remove: (choice) => {
    const folder = emptyableFolder(choice, false);
    return folder === null ? null : { at: 'source', do: 'remove', folder };
  },
};

/** Messages with a known UID that are all in one folder, equal, and may be changed. */
function drawBundle(choice: Choice, fits: (message: SourceMessage) => boolean): SourceMessage[] {
  const { random, mailbox } = choice;
  const all = [...mailbox.messages];
  if (all.length === 0) return [];
  const bundle = bundleOf(mailbox, random.pick(all));
  return bundle.every((message) => message.uid !== null && message.copy !== 'unsure' && fits(message)) ? bundle : [];
}

const canSpread = ({ period }: Choice, { content }: SourceMessage): boolean =>
  !period.moved.has(content) && !period.sealed.has(content);

/**
 * Folders without an equal message at either end. One exception: where the user at the destination has put the copy by hand, the
 * only message may follow.
 */
function freeFolders({ mailbox, period }: Choice, message: SourceMessage): string[] {
  const only = [...mailbox.messages].filter(({ content }) => content === message.content).length === 1;
  return [...mailbox.sourceFolders].filter((folder) => {
    if (folder === message.folder || period.folders.has(folder)) return false;
    if (equalMessages(mailbox, message, folder).length > 0) return false;
    return equalItems(mailbox, message, folder).length === 0 || (only && message.copy === 'users');
  });
}

function newFolder({ random, mailbox, period }: Choice): string | null {
  const free = NEW_FOLDERS.filter((name) => !mailbox.sourceFolders.has(name) && !period.folders.has(name));
  return free.length === 0 ? null : random.pick(free);
}

const inFolder = ({ mailbox }: Choice, name: string): SourceMessage[] =>
  [...mailbox.messages].filter(({ folder }) => folder === name);

/** A folder without folders below it, all messages of which may go; `spread`: to another folder. */
function emptyableFolder(choice: Choice, spread: boolean): string | null {
  const { random, mailbox, period } = choice;
  const folders = [...mailbox.sourceFolders].filter((name) => {
    if (FIXED.has(name) || period.folders.has(name)) return false;
    if ([...mailbox.sourceFolders].some((other) => other.startsWith(`${name}/`))) return false;
    return inFolder(choice, name).every((message) => {
      return message.copy !== 'unsure' && (spread ? canSpread(choice, message) : !period.moved.has(message.content));
    });
  });
  return folders.length === 0 ? null : random.pick(folders);
}
