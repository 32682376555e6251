import type { Command } from 'commander';
import type { Start } from '../session.ts';

/** Adds one verb below `mxodus cutover`. */
export type CutoverVerb = (cutover: Command, start: Start) => void;
