/** Paths of folders: levels joined by "/", INBOX for the inbox. */

export const SEPARATOR = '/';

/** Stands in a path for a "/" inside a name: Exchange allows it there. */
const SLASH_IN_NAME = '\uff0f';

/** What Exchange takes for one name [I: 255 characters]. */
const LONGEST_NAME = 255;

export const levelOf = (displayName: string): string => displayName.replaceAll(SEPARATOR, SLASH_IN_NAME);

/** The names a level of a path may stand for. */
export const namesOf = (level: string): string[] =>
  level.includes(SLASH_IN_NAME) ? [level, level.replaceAll(SLASH_IN_NAME, SEPARATOR)] : [level];

/** Exchange takes names that differ only by case for one. */
export const foldedName = (level: string): string => level.normalize('NFC').toLowerCase();

export const isInboxLevel = (level: string): boolean => level.toUpperCase() === 'INBOX';

/** The levels of a path, the first one of INBOX in capitals. */
export function levelsOfPath(path: string): string[] {
  const [first = '', ...rest] = path.split(SEPARATOR);
  return [isInboxLevel(first) ? 'INBOX' : first, ...rest];
}

export const foldedPath = (path: string): string => levelsOfPath(path).map(foldedName).join(SEPARATOR);

/** Why a folder cannot have this name; null: nothing is known against it. */
export function nameRefusal(level: string): string | null {
  if (level === '') return 'Exchange has no folder without a name';
  if (/[\x00-\x1f\x7f]/.test(level)) return 'Exchange has no control characters in the name of a folder';
  if (level.trim() !== level) return 'Exchange drops the blanks at the ends of a name';
  if (level.length > LONGEST_NAME) return `Exchange takes ${LONGEST_NAME} characters in a name`;
  return null;
}

/** Folders beside the inbox that hold no mail: their names are taken, and no list of mail folders shows them. */
const NOT_FOR_MAIL: Readonly<Record<string, readonly string[]>> = {
  inbox: ['Calendar', 'Contacts', 'Tasks', 'Notes', 'Journal', 'Files'],
  posteingang: ['Kalender', 'Kontakte', 'Aufgaben', 'Notizen', 'Journal', 'Dateien'],
  'boîte de réception': ['Calendrier', 'Contacts', 'Tâches', 'Notes', 'Journal', 'Fichiers'],
  'bandeja de entrada': ['Calendario', 'Contactos', 'Tareas', 'Notas', 'Diario', 'Archivos'],
};

/** @param inbox the inbox's name in the language of the mailbox; of a language not known here nothing is said */
export function isReserved(level: string, inbox: string): boolean {
  const names = NOT_FOR_MAIL[foldedName(inbox)] ?? [];
  return names.some((name) => foldedName(name) === foldedName(level));
}
