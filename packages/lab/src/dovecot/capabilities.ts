/** What Dovecot 2.3.19 advertises after login. */
const ALL =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT ' +
  'MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ' +
  'ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE ' +
  'LITERAL+ NOTIFY SPECIAL-USE';

/** DovecotOptions.capability that leaves out some of what Dovecot has. It still obeys the commands it does not advertise. */
export function dovecotCapability(...without: readonly string[]): string {
  return ALL.split(' ')
    .filter((name) => !without.includes(name))
    .join(' ');
}

/** For a source: the best way to find what changed that it leaves, from one LIST for all folders to a look at every flag. */
export const DELTA_CAPABILITIES = {
  'list-status': dovecotCapability(),
  qresync: dovecotCapability('LIST-STATUS'),
  condstore: dovecotCapability('LIST-STATUS', 'QRESYNC'),
  'flag-diff': dovecotCapability('LIST-STATUS', 'QRESYNC', 'CONDSTORE'),
} as const;

/** For a destination: the best way to append that it leaves, with and without the new message's UID in the answer. */
export const APPEND_CAPABILITIES = {
  multiappend: dovecotCapability(),
  'multiappend, no UIDPLUS': dovecotCapability('UIDPLUS'),
  pipelined: dovecotCapability('MULTIAPPEND'),
  'pipelined, no UIDPLUS': dovecotCapability('MULTIAPPEND', 'UIDPLUS'),
  plain: dovecotCapability('MULTIAPPEND', 'LITERAL+'),
  'plain, no UIDPLUS': dovecotCapability('MULTIAPPEND', 'LITERAL+', 'UIDPLUS'),
} as const;
