import { answer, type Command, defineQuirk, type Quirk, type QuirkConnection } from './quirk.ts';
import { firstWord, mailboxName, mailboxWord } from './wire-text.ts';

export interface RefusedNamesOptions {
  /** @param name as on the wire, without quotes. */
  refused(name: string): boolean;
  text?: string;
}

/** CREATE (and RENAME into it) of some names is refused: 'Files' at Office 365, '^' and blanks at the end at Gmail (2026-11). */
export function refusesNames({ refused, text = 'NO [CANNOT] Invalid mailbox name' }: RefusedNamesOptions): Quirk {
  return defineQuirk('names refused', (hit) => ({
    onCommand: (command) => {
      const name = madeBy(command);
      if (name === null || !refused(name)) return undefined;
      hit();
      return answer(text);
    },
  }));
}

/** A folder that has mail cannot have folders below it (mbox); `separator` divides levels. */
export function noInferiors(separator = '/'): Quirk {
  return defineQuirk('no inferiors', (hit) => ({
    onCommand: async (command, connection) => {
      const name = madeBy(command);
      if (name === null) return undefined;
      const parents = parentsOf(name, separator);
      const selectable = (await listed(connection)).filter((row) => !/\\No(?:Select|nExistent)/i.test(row.attributes));
      if (!selectable.some((row) => parents.includes(row.name))) return undefined;
      hit();
      return answer("NO Mailbox doesn't allow inferior mailboxes");
    },
  }));
}

/** Levels above a new folder are made with it; to make one of them again is refused. */
export function parentsExist(separator = '/'): Quirk {
  const implied = new Set<string>();
  return defineQuirk('parents made already', (hit) => ({
    onCommand: (command) => {
      const name = madeBy(command);
      if (name === null) return undefined;
      const mine = name.replace(new RegExp(`\\${separator}$`), '');
      if (implied.has(mine)) {
        hit();
        return answer('NO [ALREADYEXISTS] Mailbox already exists');
      }
      for (const parent of parentsOf(mine, separator)) implied.add(parent);
      return undefined;
    },
  }));
}

/** Exchange (2026-11): Trash, trash and TRASH are one folder, known by the name it was made with. */
export function foldsCase(): Quirk {
  const known = new Map<number, Set<string>>();
  return defineQuirk('names without case', (hit) => {
    const names = async (connection: QuirkConnection): Promise<Set<string>> => {
      const found = known.get(connection.id) ?? new Set((await listed(connection)).map((row) => row.name));
      known.set(connection.id, found);
      return found;
    };
    return {
      onCommand: async (command, connection) => {
        const word = mailboxWord(command.text);
        if (!word || command.name === 'LOGIN') return undefined;
        const name = mailboxName(word.word);
        const all = await names(connection);
        const same = [...all].find((other) => other.toLowerCase() === name.toLowerCase());
        if (command.name === 'CREATE') {
          // Another connection may have made it.
          known.clear();
          if (same === undefined || same === name) return undefined;
          hit();
          return answer('NO [ALREADYEXISTS] Mailbox already exists');
        }
        if (same === undefined || same === name) return undefined;
        hit();
        const rest = command.text.slice(word.at + word.word.length);
        command.text = `${command.text.slice(0, word.at)}"${same.replace(/[\\"]/g, '\\$&')}"${rest}`;
        return undefined;
      },
      onClose: ({ id }) => void known.delete(id),
    };
  });
}

/** The name a command would bring into being. */
function madeBy({ name, text, mailbox }: Command): string | null {
  if (name === 'CREATE') return mailbox;
  if (name !== 'RENAME') return null;
  const old = mailboxWord(text);
  const to = old && firstWord(text.slice(old.at + old.word.length + 1));
  return to && mailboxName(to.word);
}

function parentsOf(name: string, separator: string): string[] {
  const levels = name.split(separator);
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join(separator));
}

interface ListRow {
  attributes: string;
  name: string;
}

async function listed(connection: QuirkConnection): Promise<ListRow[]> {
  const rows = await connection.ask('LIST "" "*"');
  return rows.flatMap((row) => {
    const found = /^\* LIST \(([^)]*)\) (?:NIL|"(?:\\.|[^"\\])*") (.*)$/.exec(row);
    return found?.[2] === undefined ? [] : [{ attributes: found[1] ?? '', name: mailboxName(found[2]) }];
  });
}
