import type { RcptAnswer } from '@mxodus/model';
import { type Reply, replyText } from './reply-reader.ts';

/** What a reply to RCPT says of the address. */
export function rcptAnswer(reply: Reply): RcptAnswer {
  const { code } = reply;
  const text = replyText(reply);
  if (code >= 200 && code < 300) return { kind: 'accepted', code, text };
  if (code >= 400 && code < 500) return { kind: 'later', code, text };
  if (isAboutUs(reply))
    return { kind: 'unasked', why: `it refuses this machine or its test, not the address: ${text}` };
  if ((code >= 500 && !ABOUT_COMMANDS.has(code)) || statusOf(reply)?.startsWith('5.1.'))
    return { kind: 'refused', code, text };
  return { kind: 'unasked', why: `it answers RCPT with ${text}` };
}

/** Syntax and order of commands (RFC 5321 section 4.2.3): nothing about the address. */
const ABOUT_COMMANDS: ReadonlySet<number> = new Set([500, 501, 502, 503, 504]);

/** RFC 3463, RFC 7372; Exchange Online (2026-11): 5.7.5xx and 5.7.6xx are about the sending address or domain. */
const CODES_ABOUT_US = /^5\.7\.(?:2[0-9]|[56]\d\d)$/;

/**
 * Words of a refusal that is about who asks. "5.7.1" alone says nothing: it is "Relay access denied" for a domain the host does not know,
 * which is a refusal that every sender would get, and "Client host blocked" for a list that has our address.
 */
const WORDS_ABOUT_US =
  /client host|\bblocked (?:using|by)\b|\b(?:block|black|deny)[- ]?list|\bdns?bls?\b|\brbls?\b|spamhaus|spamcop|barracuda|sender ip|banned send|reverse (?:dns|hostname|lookup)|\bptr\b|\b(?:helo|ehlo)\b|reputation|\byour (?:ip|host|server|network|address)\b|\bIP(?:v[46])? address\b|\bspf\b|sender (?:address |verify |domain )?(?:rejected|denied|failed)|(?:null|empty) (?:sender|return)|bounce messages?|legitimate bounces|starttls/i;

function isAboutUs({ code, lines }: Reply): boolean {
  if (code < 500) return false;
  const text = lines.join(' ');
  if (/relay(?:ing)? (?:access )?(?:denied|not permitted)|unable to relay/i.test(text)) return false;
  const status = statusOf({ code, lines });
  if (status !== undefined && CODES_ABOUT_US.test(status)) return true;
  // 5.1.x is about the address, whatever other words are there.
  return !(status?.startsWith('5.1.') && !/sender/i.test(text)) && WORDS_ABOUT_US.test(text);
}

function statusOf({ lines }: Reply): string | undefined {
  return /^\s*(5\.\d{1,3}\.\d{1,3})\b/.exec(lines[0] ?? '')?.[1];
}
