import { answer, defineQuirk, type Quirk, type Verdict } from './quirk.ts';

/** SmarterMail, Yandex, Exchange before 2013 (2026-11): SEARCH is refused, or finds nothing. */
export function brokenSearch(how: 'refused' | 'finds nothing'): Quirk {
  return defineQuirk('broken SEARCH', (hit) => ({
    onCommand: ({ name }) => {
      if (how !== 'refused' || !/^(?:UID )?SEARCH$/.test(name)) return undefined;
      hit();
      return answer('NO [CANNOT] SEARCH failed');
    },
    onResponse: (response) => {
      if (how === 'refused' || !/^\* E?SEARCH\b/.test(response.text)) return undefined;
      hit();
      response.text = response.text
        .replace(/^\* SEARCH.*/, '* SEARCH')
        .replace(/ (?:ALL|MIN|MAX) [\d:,]+| COUNT \d+/g, '');
      return undefined;
    },
  }));
}

/** LIST takes RETURN (STATUS ...), and returns none. */
export function listWithoutStatus(): Quirk {
  return defineQuirk('LIST without STATUS', (hit) => ({
    onResponse: ({ text, command }) => {
      if (command?.name !== 'LIST' || !/^\* STATUS /.test(text)) return undefined;
      hit();
      return 'drop';
    },
  }));
}

/** Zimbra (2026-11): another folder is opened without [CLOSED] (RFC 7162 §3.2.11). */
export function withoutClosed(): Quirk {
  return defineQuirk('no [CLOSED]', (hit) => ({
    onResponse: ({ text }) => {
      if (!/^\* OK \[CLOSED\]/.test(text)) return undefined;
      hit();
      return 'drop';
    },
  }));
}

/** One answer to some commands, in place of the server's. */
export function refuses(on: RegExp, verdict: Verdict): Quirk {
  return defineQuirk('command refused', (hit) => ({
    onCommand: ({ text }) => {
      if (!on.test(text)) return undefined;
      hit();
      return verdict;
    },
  }));
}
