/** Encodes a folder name, or one level of it, as IMAP wants it (RFC 3501, 5.1.3). */
export function encodeModifiedUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}

/** The reverse of encodeModifiedUtf7. Takes what is not valid as it stands. */
export function decodeModifiedUtf7(name: string): string {
  return name.replace(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) => {
    if (base64 === '') return '&';
    const utf16 = Buffer.from(base64.replaceAll(',', '/'), 'base64');
    return utf16
      .subarray(0, utf16.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}
