import { it } from 'vitest';
import { APPENDED, cutEverywhere, FOLLOWED, READ, WRITTEN } from './cut-everywhere.ts';

/** How mail is appended changes neither what is read nor what is done before; all of it with `plain`: cut-line.long.test.ts. */
const CHANGED = FOLLOWED.filter(({ at }) => /STORE|MOVE|APPEND/.test(at));

it.each([
  ['multiappend', [...READ, ...WRITTEN, ...APPENDED], FOLLOWED],
  ['plain, no UIDPLUS', APPENDED, CHANGED],
  ['pipelined', APPENDED, []],
  ['pipelined, no UIDPLUS', APPENDED, FOLLOWED.slice(-2)],
] as const)('a destination with %s gets each message once, wherever the line is cut', cutEverywhere);
