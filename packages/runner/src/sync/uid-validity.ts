import { MxodusError } from '@mxodus/model';

/** RFC 9051 2.3.1.1: with another UIDVALIDITY every UID known of the folder means nothing. */
export const uidValidityChanged = (end: 'source' | 'destination', folder: string): MxodusError =>
  new MxodusError('UIDVALIDITY_CHANGED', {
    what: `the ${end} gave the folder "${folder}" another UIDVALIDITY while it was worked on`,
    why: 'it was deleted and made again, or the server rebuilt it',
    advice: 'the same command again: what is at the destination is recognised, nothing is sent twice',
  });
