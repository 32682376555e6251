/** One field of a header section as it stands: its name, and its lines with their folding, without the last line end. */
export interface HeaderField {
  name: string;
  lines: string;
}

/** The header section of a message, as text (latin1), without the empty line. Bare LF ends a line too. */
export function headerSection(message: Buffer): string {
  const text = message.toString('latin1', 0, endOfHeader(message));
  return text.replace(/\r?\n$/, '');
}

/** Where the body begins. */
export function endOfHeader(message: Buffer): number {
  if (message[0] === 10) return 1;
  if (message[0] === 13 && message[1] === 10) return 2;
  const crlf = message.indexOf('\n\r\n');
  const lf = message.indexOf('\n\n');
  if (crlf < 0 && lf < 0) return message.length;
  return lf < 0 || (crlf >= 0 && crlf < lf) ? crlf + 3 : lf + 2;
}

/** Lines that are no field (RFC 5322 2.2) are left out. */
export function headerFields(section: string): HeaderField[] {
  const unfolded = section.split(/\r?\n(?![ \t])/);
  return unfolded.flatMap((lines) => {
    const name = /^([!-9;-~]+)[ \t]*:/.exec(lines)?.[1];
    return name === undefined ? [] : [{ name, lines: lines.replace(/\r?\n/g, '\r\n') }];
  });
}

/** The first field of this name, unfolded, without its name; null where there is none. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | null {
  const field = fields.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (field === undefined) return null;
  return field.lines
    .slice(field.lines.indexOf(':') + 1)
    .replace(/\r\n/g, '')
    .trim();
}
