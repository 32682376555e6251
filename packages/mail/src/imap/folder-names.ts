import { quoted } from './append-command.ts';

/** Folder names: Unicode for us, modified UTF-7 (RFC 3501 5.1.3) on the wire, where a string holds one byte a character. */

export class FolderNames {
  /** Path to the name as the server wrote it, which may be another way than ours. */
  readonly #asListed = new Map<string, string>();

  /** The path of a name the server listed. Two names never become one path. */
  path(listed: string): string {
    if (listed.toUpperCase() === 'INBOX') return 'INBOX';
    const decoded = decodeName(listed);
    const other = this.#asListed.get(decoded);
    const path = other === undefined || other === listed ? decoded : listed;
    this.#asListed.set(path, listed);
    return path;
  }

  wire(path: string): string {
    return this.#asListed.get(path) ?? encodeName(path);
  }

  /** As an argument of a command. */
  quoted(path: string): string {
    return quoted(this.wire(path));
  }
}

export function encodeName(path: string): string {
  return path.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}

/** What is not valid stays as it is; raw UTF-8, which some servers list, is read as such. */
export function decodeName(wire: string): string {
  if (/[^\x00-\x7f]/.test(wire)) return Buffer.from(wire, 'latin1').toString('utf8');
  return wire.replace(/&([A-Za-z0-9+,]*)-/g, (as: string, base64: string) => {
    if (base64 === '') return '&';
    const utf16 = Buffer.from(base64.replaceAll(',', '/'), 'base64');
    return utf16.length % 2 === 0 ? utf16.swap16().toString('utf16le') : as;
  });
}

/** Text as the bytes of its UTF-8, one a character: for flags, which commands write as they are. */
export const octets = (text: string): string =>
  /[^\x00-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
