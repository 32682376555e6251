import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, FolderNames, octets } from './folder-names.ts';

describe('modified UTF-7', () => {
  it.each([
    ['INBOX.Work', 'INBOX.Work'],
    ['a & b', 'a &- b'],
    ['&-', '&--'],
    ['Größe/日本語', 'Gr&APYA3w-e/&ZeVnLIqe-'],
    ['台北', '&U,BTFw-'],
    ['📧', '&2D3c5w-'],
    ['tab\there', 'tab&AAk-here'],
    ['line\r\nX1 DELETE', 'line&AA0ACg-X1 DELETE'],
  ])('writes "%s" as "%s" and back', (path, wire) => {
    expect(encodeName(path)).toBe(wire);
    expect(decodeName(wire)).toBe(path);
  });

  it.each(['a & b', 'AT&T', '&AA', '&AAAA-', '&ZeVnLIqe'])('leaves "%s" alone, which is not valid', (wire) => {
    expect(decodeName(wire)).toBe(wire);
  });
});

describe('the name of a folder', () => {
  it.each([
    ['not valid', 'AT&T', 'AT&T'],
    ['in raw UTF-8', 'Gr\xc3\xb6\xc3\x9fe', 'Größe'],
    ['encoded without need', '&AGE-bc', 'abc'],
  ])('goes back as the server wrote it, when it is %s', (_, listed, path) => {
    const names = new FolderNames();
    expect(names.path(listed)).toBe(path);
    expect(names.quoted(path)).toBe(`"${listed}"`);
  });

  it('is INBOX in any case, and never shared by two folders', () => {
    const names = new FolderNames();
    expect(names.path('InBox')).toBe('INBOX');
    const listed = ['Gr\xc3\xbcn', 'Gr&APw-n', 'Gr\xc3\xbcn'];
    const paths = listed.map((name) => names.path(name));
    expect(paths).toEqual(['Grün', 'Gr&APw-n', 'Grün']);
    expect(paths.map((path) => names.wire(path))).toEqual(listed);
  });

  it('is quoted so that it cannot be anything else', () => {
    expect(new FolderNames().quoted('say "hi" \\ \r\nX1 NOOP')).toBe('"say \\"hi\\" \\\\ &AA0ACg-X1 NOOP"');
  });
});

it('text goes out in the bytes of its UTF-8', () => {
  expect(octets('grün')).toBe('gr\xc3\xbcn');
});
