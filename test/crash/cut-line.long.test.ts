import { it } from 'vitest';
import { APPENDED, cutEverywhere, FOLLOWED, READ, WRITTEN } from './cut-everywhere.ts';

it.each([
  ['plain, no UIDPLUS', [...READ, ...WRITTEN, ...APPENDED], FOLLOWED],
  ['pipelined, no UIDPLUS', [...READ, ...WRITTEN, ...APPENDED], FOLLOWED],
] as const)('a destination with %s gets each message once, wherever the line is cut', cutEverywhere);
