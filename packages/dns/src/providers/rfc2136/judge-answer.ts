import { MxodusError, type RrType } from '@mxodus/model';
import { rcodeText } from '../../rcode.ts';
import type { VerifiedAnswer } from './tsig.ts';

export type Judgement = { kind: 'done' } | { kind: 'conflict'; why: string };

const RCODE = { noError: 0, formErr: 1, nxDomain: 3, notImp: 4, refused: 5, notAuth: 9, notZone: 10 } as const;
/** YXDOMAIN, YXRRSET, NXRRSET: a prerequisite did not hold (RFC 2136 section 2.2). */
const PREREQUISITE: ReadonlySet<number> = new Set([RCODE.nxDomain, 6, 7, 8]);
const TSIG_ERROR = { badSig: 16, badKey: 17, badTime: 18 } as const;

export interface AboutUpdate {
  server: string;
  zone: string;
  /** Its name. */
  key: string;
  /** Of the records that were to be changed. */
  types: readonly RrType[];
  /** When it was signed; seconds since the epoch. */
  now: number;
}

/** What an answer to a signed UPDATE means. An unsigned "no" is a failure, never "maybe"; an unsigned "yes" is worth nothing. */
export function judgeAnswer(answer: VerifiedAnswer, about: AboutUpdate): Judgement {
  switch (answer.kind) {
    case 'wrong-mac':
      throw new MxodusError('DNS_ANSWER', {
        what: `the answer of ${about.server} is signed wrongly`,
        why: `its signature was not made with the key "${about.key}" for this request: it may be forged`,
        advice: 'look at the path to the server; then run the same command: it looks at the live records first',
      });
    case 'unsigned':
      throw unsigned(answer, about);
    case 'signed':
      if (answer.tsigError !== 0) throw keyRefused(answer.tsigError, { ...about, serverTime: answer.serverTime });
      return signed(answer.rcode, about);
  }
}

function signed(rcode: number, about: AboutUpdate): Judgement {
  if (rcode === RCODE.noError) return { kind: 'done' };
  if (PREREQUISITE.has(rcode)) {
    return {
      kind: 'conflict',
      why: `${about.server} answered ${rcodeText(rcode)}: the records are not what was expected`,
    };
  }
  if (rcode === RCODE.refused) {
    const types = about.types.join(' ');
    throw refused(rcode, about, {
      // BIND 9.18 refuses an MX to a host of the same zone without an address with the same code (seen 2026-11-22).
      why:
        `the key "${about.key}" is right, but it may not change the ${types} of these names in ${about.zone}, ` +
        'or an MX names a host of this zone that has no address',
      advice:
        `grant it ${types} for these names (BIND: update-policy { grant KEY name DOMAIN ${types}; }), ` +
        "and give the hosts of an MX A or AAAA records; the server's log says which",
    });
  }
  throw refusedOrOdd(rcode, about);
}

function unsigned(answer: { rcode: number; tsigError: number | null }, about: AboutUpdate): MxodusError {
  if (answer.tsigError !== null && answer.tsigError !== 0) {
    return keyRefused(answer.tsigError, { ...about, serverTime: null });
  }
  if (answer.rcode === RCODE.noError) {
    return new MxodusError('DNS_ANSWER', {
      what: `${about.server} accepted the update but did not sign its answer`,
      why: 'only a signed answer proves that it is from the server and that the change was made',
      advice:
        'make the server require the key for updates; then run the same command: it looks at the live records first',
    });
  }
  if (answer.rcode === RCODE.refused) {
    return refused(answer.rcode, about, {
      // PowerDNS 4.7 says no more than this where the secret or the algorithm is another one (seen 2026-11-22).
      why:
        `the server does not take updates of ${about.zone} from here, does not know the key "${about.key}", ` +
        'or has another secret or algorithm for it',
      advice: 'check `dns.server`, all of `dns.tsig` and the list of addresses that may update',
    });
  }
  return refusedOrOdd(answer.rcode, about);
}

function refusedOrOdd(rcode: number, about: AboutUpdate): MxodusError {
  if (rcode === RCODE.notAuth || rcode === RCODE.notZone) {
    return refused(rcode, about, {
      why: `the server is not the primary of the zone ${about.zone}, or a domain is not inside that zone`,
      advice: 'check `dns.server` and `dns.zone`',
    });
  }
  if (rcode === RCODE.notImp || rcode === RCODE.formErr) {
    return refused(rcode, about, {
      why: 'the server does not understand updates',
      advice: 'use `provider: manual` for this zone, or name a server that takes RFC 2136 updates',
    });
  }
  return new MxodusError('DNS_ANSWER', {
    what: `${about.server} answered the update with ${rcodeText(rcode)}`,
    why: 'the server could not do it; nothing is known to be changed',
    advice: "look into the server's log; then run the same command: it looks at the live records first",
  });
}

function keyRefused(
  error: number,
  about: { server: string; key: string; now: number; serverTime: number | null },
): MxodusError {
  const reasons: Record<number, { why: string; advice: string }> = {
    [TSIG_ERROR.badSig]: {
      why: `the secret of the key "${about.key}" is not the one the server has (BADSIG)`,
      advice: 'check `dns.tsig.secret` and `dns.tsig.algorithm`',
    },
    [TSIG_ERROR.badKey]: {
      why: `the server does not know a key "${about.key}" with this algorithm (BADKEY)`,
      advice: 'check `dns.tsig.name` and `dns.tsig.algorithm`',
    },
    [TSIG_ERROR.badTime]: {
      why: `the clocks differ by more than 300 s (BADTIME)${skewText(about)}`,
      advice: 'set the clock of this machine or of the DNS server (NTP)',
    },
  };
  const reason = reasons[error] ?? { why: `TSIG error ${rcodeText(error)}`, advice: "look into the server's log" };
  return new MxodusError('DNS_REFUSED', { what: `${about.server} refused the signature of the update`, ...reason });
}

function skewText({ now, serverTime }: { now: number; serverTime: number | null }): string {
  if (serverTime === null) return '';
  const skew = now - serverTime;
  return `: this machine is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the server`;
}

function refused(rcode: number, about: { server: string }, reason: { why: string; advice: string }): MxodusError {
  return new MxodusError('DNS_REFUSED', {
    what: `${about.server} refused the update (${rcodeText(rcode)})`,
    ...reason,
  });
}
