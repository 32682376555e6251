import { defineQuirk, type Occasions, occasions, type Quirk, type ServerResponse } from './quirk.ts';
import { firstWord, mailboxName, mailboxWord } from './wire-text.ts';

/** The answers tell nothing about UIDs: no APPENDUID and COPYUID, whatever the capabilities say. */
export function noUidCodes(): Quirk {
  return defineQuirk('no APPENDUID', (hit) => ({
    onResponse: (response) => {
      const before = response.text;
      response.text = before.replace(/\[(?:APPENDUID|COPYUID) [^\]]*\] ?/, '');
      if (response.text !== before) hit();
      return undefined;
    },
  }));
}

export interface UidValidityOptions extends Occasions {
  /** Default: every folder. */
  folder?: string;
  /** Changes when a command matches. Default: only when `change` is called. */
  on?: RegExp;
  /** Changes with each connection. */
  perConnection?: boolean;
}

/**
 * Other UIDVALIDITYs than the server's, the same wherever they are named: SELECT, STATUS, APPENDUID, COPYUID and QRESYNC. UIDs
 * stay as they are. Each change makes them larger (RFC 9051 §2.3.1.1).
 */
export function changedUidValidity(options: UidValidityOptions = {}): Quirk & { change(): void } {
  const { folder, on, perConnection = false, ...when } = options;
  const due = occasions({ times: 1, ...when });
  let added = 0;
  const concerns = (name: string | null): boolean => folder === undefined || name === folder;

  const quirk = defineQuirk('changed UIDVALIDITY', (hit) => {
    const more = (id: number): number => added + (perConnection ? id : 0);
    return {
      onCommand: (command, { id }) => {
        if (on?.test(command.text) && due()) added++;
        // A client that remembers what it was told gets back what it is told now; what it was told before is another's.
        command.text = command.text.replace(/\(QRESYNC \((\d+)/i, (whole, value: string) =>
          concerns(command.mailbox) ? `(QRESYNC (${Number(value) - more(id)}` : whole,
        );
        return undefined;
      },
      onResponse: (response, { id }) => {
        if (more(id) === 0 || !concerns(namedIn(response))) return undefined;
        const before = response.text;
        response.text = before.replace(
          /(\b(?:UIDVALIDITY|APPENDUID|COPYUID) )(\d+)/,
          (_, head: string, value: string) => `${head}${Number(value) + more(id)}`,
        );
        if (response.text !== before) hit();
        return undefined;
      },
    };
  });
  return Object.assign(quirk, {
    change: () => {
      added++;
    },
  });
}

/** The folder whose UIDVALIDITY a response names. */
function namedIn({ text, command }: ServerResponse): string | null {
  const status = /^\* STATUS /.test(text) ? firstWord(text.slice('* STATUS '.length)) : null;
  if (status) return mailboxName(status.word);
  if (command === null) return null;
  const named = mailboxWord(command.text);
  return named && mailboxName(named.word);
}

/** Courier (2026-11): until a folder was selected once, EXAMINE makes up a UIDVALIDITY for it, another one each time. */
export function examineInventsUidValidity(): Quirk {
  return defineQuirk('UIDVALIDITY of EXAMINE', (hit) => {
    const kept = new Set<string>();
    let invented = 0;
    return {
      onCommand: ({ name, mailbox }) => {
        if (name === 'SELECT' && mailbox !== null) kept.add(mailbox);
        return undefined;
      },
      onResponse: (response) => {
        const { command, text } = response;
        if (command?.name !== 'EXAMINE' || kept.has(command.mailbox ?? '')) return undefined;
        if (!/\[UIDVALIDITY \d+\]/.test(text)) return undefined;
        hit();
        invented++;
        response.text = text.replace(
          /UIDVALIDITY (\d+)/,
          (_, value: string) => `UIDVALIDITY ${Number(value) + invented}`,
        );
        return undefined;
      },
    };
  });
}
