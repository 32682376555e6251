import type { Item } from '../model/mailbox.ts';
import { type Choice, equalItems, equalMessages, type StepMakers } from './choice.ts';
import { drawDate, drawFlag, drawFlags, toggle } from './draw.ts';

const OWN_FOLDERS = ['Own', 'Own/notes', 'Neu 2025'];

/** What users do at the destination. */
export const destinationSteps: StepMakers<'own-deliver' | 'own-store' | 'own-move' | 'own-delete' | 'own-create'> = {
  'own-deliver': ({ random, writer, present, deletedFlag }) => {
    const folder = random.pick(present);
    const flags = drawFlags(random, { deletedFlag });
    const date = drawDate(random);
    return { at: 'destination', do: 'deliver', ...writer.write(random), folder, date, flags, by: 'append' };
  },

  'own-store': (choice) => {
    const { random, period, deletedFlag, mood } = choice;
    const item = drawItem(choice);
    if (item === null || period.flagged.has(item)) return null;
    if (mood === 'mild' && item.copyOf !== null && isOnItsWay(choice, item)) return null;
    const flag = drawFlag(random, { deletedFlag, mild: mood === 'mild' ? 'Mine' : null });
    return { at: 'destination', do: 'store', messages: [item], ...toggle(item.flags, flag) };
  },

  'own-move': (choice) => {
    const { random, mailbox, present } = choice;
    const item = drawItem(choice);
    if (item === null) return null;
    const folders = present.filter((folder) => {
      if (folder === item.folder || equalItems(mailbox, item, folder).length > 0) return false;
      return equalMessages(mailbox, item, folder).every((message) => message === item.copyOf);
    });
    if (folders.length === 0) return null;
    const by = random.chance(0.3) ? 'copy' : 'move';
    return { at: 'destination', do: 'move', messages: [item], to: random.pick(folders), by };
  },

  'own-delete': (choice) => {
    const item = drawItem(choice);
    return item === null ? null : { at: 'destination', do: 'delete', messages: [item] };
  },

  'own-create': ({ random, present, mailbox, period }) => {
    const free = OWN_FOLDERS.filter((name) => !present.includes(name) && !mailbox.destinationFolders.has(name));
    const folder = free.length === 0 ? undefined : random.pick(free);
    return folder === undefined || period.folders.has(folder) ? null : { at: 'destination', do: 'create', folder };
  },
};

/** One that has no equal in its folder, so that it is known which one it is. */
function drawItem({ random, mailbox }: Choice): Item | null {
  const all = [...mailbox.items];
  if (all.length === 0) return null;
  const item = random.pick(all);
  return item.uid !== null && equalItems(mailbox, item, item.folder).length === 1 ? item : null;
}

/** Its message was moved or deleted, so a pass may be about to move or delete it. */
const isOnItsWay = ({ mailbox, period }: Choice, { copyOf, content, folder }: Item): boolean =>
  period.moved.has(content) || copyOf === null || mailbox.gone.has(copyOf) || copyOf.folder !== folder;
