import { answer, defineQuirk, type Quirk, type ServerResponse, type Verdict } from './quirk.ts';

const SYSTEM = new Set(['\\answered', '\\deleted', '\\draft', '\\flagged', '\\seen']);

export const isKeyword = (flag: string): boolean => !flag.startsWith('\\');
/** A system flag nobody has registered, such as \Forwarded. */
export const isOddSystemFlag = (flag: string): boolean => flag.startsWith('\\') && !SYSTEM.has(flag.toLowerCase());

export interface RefusedFlagsOptions {
  refused(flag: string): boolean;
  /** Without tag. `FLAG` in it is the first one refused, in upper case. Default: Courier's and Zimbra's. */
  text?: string;
  /** Default: APPEND only. */
  storeToo?: boolean;
}

/** Refuses a message, or a STORE, for the sake of a flag, whatever PERMANENTFLAGS says (Courier, Exchange, Zimbra; 2026-11). */
export function refusesFlags({ refused, text = 'NO Invalid keyword', storeToo }: RefusedFlagsOptions): Quirk {
  return defineQuirk('flags refused', (hit) => {
    const refuse = (flags: readonly string[]): Verdict | undefined => {
      const flag = flags.find(refused);
      if (flag === undefined) return undefined;
      hit();
      return answer(text.replace('FLAG', flag.toUpperCase()));
    };
    return {
      onCommand: ({ name, text: command }) => {
        if (!storeToo || !/^(?:UID )?STORE$/.test(name)) return undefined;
        return refuse((/FLAGS(?:\.SILENT)? \(?([^)]*)/i.exec(command)?.[1] ?? '').split(' '));
      },
      onAppend: ({ flags }) => refuse(flags ?? []),
    };
  });
}

/** MailEnable (2026-11): takes the flags of an APPEND, and forgets them. */
export function ignoresAppendFlags(): Quirk {
  return defineQuirk('flags of APPEND ignored', (hit) => ({
    onAppend: (message) => {
      if (message.flags !== null && message.flags.length > 0) hit();
      message.flags = null;
      return undefined;
    },
  }));
}

/** Says so of the flags a client may set; without \* it may not make keywords. */
export function permanentFlags(flags: string): Quirk {
  return defineQuirk('PERMANENTFLAGS', (hit) => ({
    onResponse: (response: ServerResponse) => {
      const before = response.text;
      response.text = before.replace(/\[PERMANENTFLAGS \([^)]*\)\]/, `[PERMANENTFLAGS (${flags})]`);
      if (response.text !== before) hit();
      return undefined;
    },
  }));
}
