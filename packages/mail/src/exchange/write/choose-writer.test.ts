import { describe, expect, it } from 'vitest';
import { chooseWriter, ONE_CREATE_BYTES } from './choose-writer.ts';

const PLAIN = { signed: false, encrypted: false, deeplyNested: false, bytes: 1000, hasMessageId: true };
const LARGE = { ...PLAIN, bytes: ONE_CREATE_BYTES };

describe('chooseWriter', () => {
  it.each([
    ['auto', true, false, PLAIN, 'graph-json'],
    ['auto', true, false, { ...PLAIN, signed: true }, 'imap-append'],
    ['auto', true, false, { ...PLAIN, encrypted: true }, 'imap-append'],
    ['auto', true, false, { ...PLAIN, deeplyNested: true }, 'imap-append'],
    ['auto', true, false, LARGE, 'imap-append'],
    ['auto', true, true, { ...LARGE, signed: true }, 'graph-json'],
    ['auto', true, false, { ...LARGE, signed: true, hasMessageId: false }, 'graph-json'],
    ['auto', false, false, { ...LARGE, encrypted: true }, 'graph-json'],
    ['auto', true, false, null, 'graph-json'],
    ['graph-json', true, false, { ...LARGE, signed: true }, 'graph-json'],
    ['imap-append', true, true, PLAIN, 'imap-append'],
    ['graph-importmime', true, false, LARGE, 'graph-importmime'],
    ['graph-importmime', false, true, PLAIN, 'graph-json'],
    ['graph-importmime', false, false, { ...PLAIN, hasMessageId: false }, 'graph-json'],
  ] as const)('%s, IMAP %s, draft %s, %j: %s', (writer, imap, draft, traits, chosen) => {
    expect(chooseWriter({ draft, traits }, { writer, imap })).toBe(chosen);
  });
});
