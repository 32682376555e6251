import { compareMailboxes, type FolderMap, readMailbox, uidNexts } from '@mxodus/lab';
import type { DataSet } from './data-set/data-set.ts';
import type { Tool } from './tools/tool.ts';
import type { World } from './world.ts';

export interface CopyToCheck {
  world: World;
  data: DataSet;
  sourceUser: string;
  user: string;
  /** Every message by content, flags and date; else only how many each folder has. */
  verify: boolean;
  /** What the tool leaves out or changes: it is not compared. */
  inexact: Tool['inexact'];
}

/** Throws when the copy is not the whole mailbox, so that no rate is that of a part of the work. */
export async function checkCopy(copy: CopyToCheck): Promise<void> {
  const { world, data, user } = copy;
  const found = await uidNexts(world.new, user, world.new.password);
  const wrong = Object.entries(data.folders).filter(([name, count]) => (found[name]?.messages ?? 0) !== count);
  if (wrong.length > 0) {
    const lines = wrong.map(([name, count]) => `${name}: ${found[name]?.messages ?? 0} of ${count} messages`);
    throw new Error(`The copy of ${user} is not complete:\n${lines.join('\n')}`);
  }
  if (!copy.verify) return;
  const [expected, actual] = await Promise.all([
    readMailbox(world.old, copy.sourceUser, world.old.password),
    readMailbox(world.new, user, world.new.password),
  ]);
  // imapsync makes a folder of every level above a folder.
  const ignoreFolders = Object.keys(actual).filter(
    (name) => !(name in expected) && actual[name]?.messages.length === 0,
  );
  const [ours, theirs] = [comparable(expected, copy.inexact), comparable(actual, copy.inexact)];
  const differences = compareMailboxes(ours, theirs, { ignoreFolders });
  if (differences.length > 0) {
    const some = differences.slice(0, 10).join('\n');
    throw new Error(`The copy of ${user} is not exact, ${differences.length} differences:\n${some}`);
  }
}

function comparable(folders: FolderMap, inexact: Tool['inexact']): FolderMap {
  const entries = Object.entries(folders).map(([name, { specialUse, subscribed, messages }]) => {
    const seen = messages.map((message) => ({
      ...message,
      sha256: inexact.includes('bytes') ? '' : message.sha256,
      flags: inexact.includes('keywords') ? message.flags.filter((flag) => flag.startsWith('\\')) : message.flags,
    }));
    return [name, { specialUse, subscribed: inexact.includes('subscriptions') || subscribed, messages: seen }];
  });
  return Object.fromEntries(entries);
}
