import { bye, defineQuirk, type Occasions, occasions, type Quirk, type QuirkConnection } from './quirk.ts';

/** Ways in which a server ends a connection, or stops using it. */

export interface EndingOptions extends Occasions {
  /** Default: what the server in question says. */
  text?: string;
}

/** Inside APPEND: BYE after this many bytes of the literal. The server has not stored it. Counted by message. */
export function byeInAppend(afterBytes: number, { text = 'Server shutting down', ...when }: EndingOptions = {}): Quirk {
  const due = occasions(when);
  return defineQuirk('BYE inside APPEND', (hit) => ({
    onAppend: () => {
      if (!due()) return undefined;
      let seen = 0;
      return {
        kind: 'watch',
        onBytes: (bytes) => {
          seen += bytes.length;
          if (seen < afterBytes) return undefined;
          hit();
          return bye(text);
        },
      };
    },
  }));
}

/** BYE in place of the OK to an APPEND: the server has stored it, and the client cannot know. */
export function byeAfterAppend({ text = 'Server shutting down', ...when }: EndingOptions = {}): Quirk {
  const due = occasions(when);
  return defineQuirk('BYE after APPEND', (hit) => ({
    onResponse: ({ kind, command, text: answered }) => {
      if (kind !== 'tagged' || command?.name !== 'APPEND' || !/^\S+ OK\b/.test(answered) || !due()) return undefined;
      hit();
      return bye(text);
    },
  }));
}

/** From the n-th command that matches on nothing comes any more; the connection stays open. Default: every command counts. */
export function goesSilent({ on = /./, ...when }: Occasions & { on?: RegExp } = {}): Quirk {
  const due = occasions({ times: 1, ...when });
  return defineQuirk('silence', (hit) => ({
    onCommand: ({ text }) => {
      if (!on.test(text) || !due()) return undefined;
      hit();
      return { kind: 'silence' };
    },
  }));
}

/** Exchange (2026-11): ends a connection that got this many NO or BAD. */
export function losesPatience(refusals = 10): Quirk {
  const counts = new Map<number, number>();
  return defineQuirk('patience', (hit) => ({
    onResponse: ({ kind, text }, { id }) => {
      if (kind !== 'tagged' || !/^\S+ (?:NO|BAD)\b/.test(text)) return undefined;
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      if (count < refusals) return undefined;
      hit();
      return bye('Connection closed. 14');
    },
    onClose: ({ id }) => void counts.delete(id),
  }));
}

/** No more than this many signed-in connections; the next LOGIN is refused. Gmail: 15. */
export function connectionLimit(most: number, text = 'NO [ALERT] Too many simultaneous connections. (Failure)'): Quirk {
  const signedIn = new Set<number>();
  return defineQuirk('connection limit', (hit) => ({
    onCommand: ({ name }, { id }: QuirkConnection) => {
      if (name !== 'LOGIN' && name !== 'AUTHENTICATE') return undefined;
      if (signedIn.size < most) {
        signedIn.add(id);
        return undefined;
      }
      hit();
      return { kind: 'answer', text };
    },
    onClose: ({ id }) => void signedIn.delete(id),
  }));
}
