import type { RefusalReason } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { repairVariants } from './repair-variants.ts';
import { repairsFor } from './repairs-for.ts';

const message = (text: string) => ({ flags: ['Work'], internalDate: -1, body: Buffer.from(text, 'latin1') });
const MESSAGES = [
  'A: b\r\n\r\nc\r\n',
  'A: b\n\nc',
  `From x\nSubject: gr\xfc\xdfe\nno colon\n\nh\0i ${'x'.repeat(10_000)}`,
  'a\r\0\nb\0',
  'From a\nFrom b : c\n\xe9: \xe9',
];
const RESPONSES = ['NO', 'NO NUL', 'NO bare newlines', 'NO invalid header', 'NO 8-bit', 'NO line too long'].concat([
  'BAD Command Argument Error. 11',
  'BAD [CLIENTBUG] Additional arguments',
  'NO no header/body separator',
]);
const REASONS: readonly RefusalReason[] = ['flags', 'date', 'content', 'other'];

describe('repairVariants', () => {
  it.each(MESSAGES.map((text) => [text.slice(0, 30), text]))(
    'holds every body that could have been sent: %j',
    (_, text) => {
      const variants = new Set([...repairVariants(message(text))].map(({ body }) => body.toString('latin1')));
      for (const response of RESPONSES)
        for (const reason of REASONS)
          for (const repair of repairsFor(message(text), { reason, response }, { appendLimit: null }))
            expect(variants, `${reason} ${response} ${repair.what}`).toContain(repair.body.toString('latin1'));
    },
  );

  it.each(MESSAGES.map((text) => [text.slice(0, 30), text]))(
    'begins with the original and gives none twice: %j',
    (_, text) => {
      const variants = [...repairVariants(message(text))];
      expect(variants[0]).toEqual({ body: Buffer.from(text, 'latin1'), what: null });
      expect(variants.slice(1).every(({ what }) => what !== null && what !== '')).toBe(true);
      expect(new Set(variants.map(({ body }) => body.toString('latin1'))).size).toBe(variants.length);
    },
  );

  it('of a clean message are the message itself', () => {
    expect([...repairVariants(message('A: b\r\n\r\nc\r\n'))]).toHaveLength(1);
  });

  it('say what was changed, as the report would', () => {
    expect([...repairVariants(message('A: b\r\n\r\nc\0'))].map(({ what }) => what)).toEqual([
      null,
      '1 NUL byte removed',
      'a final line end added',
      'a final line end added; 1 NUL byte removed',
    ]);
  });
});
