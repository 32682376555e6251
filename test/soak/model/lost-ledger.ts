import type { Item, Mailbox } from './mailbox.ts';

/**
 * Without a ledger mxodus finds its copies again by their content where it would put them: nothing is doubled and nothing lost, and
 * flags at the destination stay as they are. It cannot know what the user moved or deleted there: of such a message at most one
 * new copy may come back. `present` counts the equal messages a folder of the destination really has after the next pass.
 * Nothing but new mail may be waiting at the source.
 */
export function recoverLedger(mailbox: Mailbox, present: (folder: string, sha256: string) => number): void {
  for (const message of mailbox.messages) {
    if (message.copy !== 'users' && message.copy !== 'unsure') continue;
    const equal = [...mailbox.items].filter(
      ({ folder, content }) => folder === message.folder && content === message.content,
    );
    const free = equal.find((item) => item.copyOf === null);
    if (free !== undefined) adopt(free);
    else if (present(message.folder, message.content.sha256) > equal.length) {
      const { content, folder, date, flags } = message;
      const item: Item = { content, folder, date, flags: new Set(flags), uid: null, copyOf: null };
      mailbox.items.add(item);
      adopt(item);
    } else message.copy = 'unsure';

    function adopt(item: Item): void {
      item.copyOf = message;
      message.copy = item;
    }
  }
}
