import { answer, bye, defineQuirk, type LiteralWatch, type Quirk, type Verdict } from './quirk.ts';

/** What servers refuse a message for, having read it. */

export interface ExchangeLimits {
  /** Bytes, without the line end. Default 9900. */
  longestLine?: number;
  /** Bytes of a message. */
  largest?: number;
  /** Bytes of all messages together. */
  quota?: number;
}

/** Exchange (2026-11): one text for three causes. */
export function exchangeError11({ longestLine = 9900, largest, quota }: ExchangeLimits = {}): Quirk {
  const no: Verdict = { kind: 'answer', text: 'BAD Command Argument Error. 11', literals: 'taken' };
  let stored = 0;
  return defineQuirk('Exchange error 11', (hit) => {
    const refuse = (): Verdict => {
      hit();
      return no;
    };
    return {
      onAppend: ({ size }) => {
        if (size > (largest ?? Number.POSITIVE_INFINITY) || stored + size > (quota ?? Number.POSITIVE_INFINITY))
          return refuse();
        const line = watchLines(longestLine);
        return {
          kind: 'watch',
          onBytes: line.feed,
          onEnd: () => {
            if (line.tooLong()) return refuse();
            stored += size;
            return undefined;
          },
        };
      },
    };
  });
}

function watchLines(longest: number) {
  let [length, tooLong] = [0, false];
  return {
    tooLong: () => tooLong || length > longest,
    feed: (bytes: Buffer): undefined => {
      let at = 0;
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, at)) {
        tooLong ||= length + end - at > longest;
        length = 0;
        at = end + 1;
      }
      length += bytes.length - at;
    },
  };
}

/** Gmail (2026-11) says so and hangs up; Cyrus says NO. */
export function refusesNul(verdict: Verdict = bye('Invalid character in literal')): Quirk {
  return defineQuirk('NUL refused', (hit) => ({
    onAppend: () => watchBytes((bytes) => bytes.includes(0), hit, verdict),
  }));
}

function watchBytes(refused: (bytes: Buffer) => boolean, hit: () => void, verdict: Verdict): LiteralWatch {
  let told = false;
  return {
    kind: 'watch',
    onBytes: (bytes) => {
      if (told || !refused(bytes)) return undefined;
      told = true;
      hit();
      return verdict;
    },
  };
}

/** Yahoo (2026-11): takes the end of the command for an argument when the message does not end in CRLF. */
export function needsFinalLineEnd(): Quirk {
  return defineQuirk('final CRLF needed', (hit) => ({
    onAppend: () => {
      let end = Buffer.alloc(0);
      return {
        kind: 'watch',
        onBytes: (bytes) => {
          end = Buffer.concat([end, bytes.subarray(-2)]).subarray(-2);
          return undefined;
        },
        onEnd: () => {
          if (end.toString('latin1') === '\r\n') return undefined;
          hit();
          return answer('BAD [CLIENTBUG] Additional arguments found after last expected argument');
        },
      };
    },
  }));
}

/** Says what is too large, once it is announced (RFC 7889); Gmail (2026-11). */
export function tooBig(largest: number): Quirk {
  return defineQuirk('too big', (hit) => ({
    onAppend: ({ size }) => {
      if (size <= largest) return undefined;
      hit();
      return answer('NO [TOOBIG] Message too large. (Failure)');
    },
  }));
}

/** After this many bytes of messages APPEND is refused. Gmail: 500 MB a day. */
export function bandwidthLimit(bytes: number): Quirk & { lift(): void } {
  let left = bytes;
  const quirk = defineQuirk('bandwidth limit', (hit) => ({
    onAppend: ({ size }) => {
      if (size <= left) {
        left -= size;
        return undefined;
      }
      left = 0;
      hit();
      return answer('NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)');
    },
  }));
  return Object.assign(quirk, {
    lift: () => {
      left = Number.POSITIVE_INFINITY;
    },
  });
}

/** A header of the server's own in front of every message that is stored. */
export function addsHeader(line: string): Quirk {
  return defineQuirk('header added', (hit) => ({
    onAppend: (message) => {
      hit();
      message.prefix = Buffer.from(`${line}\r\n`, 'latin1');
      return undefined;
    },
  }));
}

/** INTERNALDATE of what is appended is the time it arrives. */
export function ignoresDates(): Quirk {
  return defineQuirk('dates ignored', (hit) => ({
    onAppend: (message) => {
      if (message.date !== null) hit();
      message.date = null;
      return undefined;
    },
  }));
}
