import { MxodusError } from '@mxodus/model';
import type { ApiAnswer } from './api-request.ts';
import { plainWords } from './plain-words.ts';
import { retryAfterMs } from './retry-after.ts';

export interface TroubleContext {
  /** What was asked, in words. */
  about: string;
  /** The service's own words, as they came. */
  words: string;
  /** Taken out of the words. */
  secrets: readonly string[];
  /** What to do when the key is not right or may not do it. */
  permission: string;
}

/**
 * What an answer that is no success means.
 *
 *   status        error         meaning
 *   401, 403      DNS_REFUSED   the key is wrong, or may not do it
 *   429           DNS_ANSWER    asked too often; nothing is known to be changed
 *   other 4xx     DNS_REFUSED   a definite no
 *   all else      DNS_ANSWER    in doubt
 */
export function apiTrouble({ status, headers }: ApiAnswer, context: TroubleContext): MxodusError {
  const said = plainWords(context.words, context.secrets);
  const words = `HTTP ${status}${said === '' ? '' : ` ${said}`}`;
  const what = `${context.about}: ${words}`;
  if (status === 401 || status === 403) {
    return new MxodusError('DNS_REFUSED', {
      what,
      why: 'the key is wrong, expired or revoked, or may not do this',
      advice: context.permission,
    });
  }
  if (status === 429) {
    return new MxodusError('DNS_ANSWER', {
      what,
      why: 'the service was asked too often',
      advice: 'run the same command later: it looks at the live records first',
      hint: { scope: 'host', kind: 'pause', pauseMs: retryAfterMs(headers, Date.now()), words },
    });
  }
  if (status >= 400 && status < 500) {
    return new MxodusError('DNS_REFUSED', {
      what,
      why: 'the service does not take this request',
      advice: 'read its words; check `dns` in the config',
    });
  }
  return new MxodusError('DNS_ANSWER', {
    what,
    why: 'the service could not do it, or something between here and there answers for it',
    advice: 'run the same command later: it looks at the live records first',
  });
}
