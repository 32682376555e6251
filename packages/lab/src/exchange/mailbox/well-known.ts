/** Well-known folders (GRAPH/api/resources/mailfolder) and what they are called in the language of a mailbox. */

/** By language; `en` where there is none. */
type Names = Readonly<{ en: string; de?: string }>;

export interface WellKnown {
  name: string;
  /** null: above msgfolderroot. */
  parent: string | null;
  called: Names;
}

/** There from the start. Parents first. */
export const PROVISIONED: readonly WellKnown[] = [
  {
    name: 'msgfolderroot',
    parent: null,
    called: { en: 'Top of Information Store', de: 'Oberste Ebene des Informationsspeichers' },
  },
  { name: 'recoverableitemsdeletions', parent: null, called: { en: 'Deletions' } },
  { name: 'searchfolders', parent: null, called: { en: 'Finder' } },
  {
    name: 'inbox',
    parent: 'msgfolderroot',
    called: { en: 'Inbox', de: 'Posteingang' },
  },
  {
    name: 'drafts',
    parent: 'msgfolderroot',
    called: { en: 'Drafts', de: 'Entwürfe' },
  },
  {
    name: 'sentitems',
    parent: 'msgfolderroot',
    called: { en: 'Sent Items', de: 'Gesendete Elemente' },
  },
  {
    name: 'deleteditems',
    parent: 'msgfolderroot',
    called: { en: 'Deleted Items', de: 'Gelöschte Elemente' },
  },
  {
    name: 'junkemail',
    parent: 'msgfolderroot',
    called: { en: 'Junk Email', de: 'Junk-E-Mail' },
  },
  {
    name: 'outbox',
    parent: 'msgfolderroot',
    called: { en: 'Outbox', de: 'Postausgang' },
  },
  {
    name: 'conversationhistory',
    parent: 'msgfolderroot',
    called: {
      en: 'Conversation History',
      de: 'Aufgezeichnete Unterhaltungen',
    },
  },
];

/** Names that are known, and 404 until the folder is made. */
export const LATER: readonly WellKnown[] = [
  { name: 'archive', parent: 'msgfolderroot', called: { en: 'Archive', de: 'Archiv' } },
  { name: 'clutter', parent: 'msgfolderroot', called: { en: 'Clutter' } },
  { name: 'syncissues', parent: 'msgfolderroot', called: { en: 'Sync Issues', de: 'Synchronisierungsprobleme' } },
  { name: 'conflicts', parent: 'syncissues', called: { en: 'Conflicts', de: 'Konflikte' } },
  { name: 'localfailures', parent: 'syncissues', called: { en: 'Local Failures', de: 'Lokale Fehler' } },
  { name: 'serverfailures', parent: 'syncissues', called: { en: 'Server Failures', de: 'Serverfehler' } },
  { name: 'scheduled', parent: 'msgfolderroot', called: { en: 'Scheduled' } },
];

/** Folders below msgfolderroot that are not for mail: no list of mail folders has them, their names are taken. */
const NOT_MAIL: readonly Names[] = [
  { en: 'Calendar', de: 'Kalender' },
  { en: 'Contacts', de: 'Kontakte' },
  { en: 'Tasks', de: 'Aufgaben' },
  { en: 'Notes', de: 'Notizen' },
  { en: 'Journal', de: 'Journal' },
  { en: 'Files', de: 'Dateien' },
];

export const called = (names: Names, locale: 'en' | 'de'): string => names[locale] ?? names.en;

export const reservedNames = (locale: 'en' | 'de'): readonly string[] => NOT_MAIL.map((names) => called(names, locale));

export const isWellKnownName = (name: string): boolean =>
  PROVISIONED.some((folder) => folder.name === name) || LATER.some((folder) => folder.name === name);
