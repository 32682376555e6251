import type { Command } from 'commander';
import type { Start } from '../session.ts';

/** Adds one verb below `mxodus fleet`. */
export type FleetVerb = (fleet: Command, start: Start) => void;
