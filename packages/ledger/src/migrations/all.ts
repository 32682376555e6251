import { first } from './0001-first.ts';
import { goneAndTraffic } from './0002-gone-and-traffic.ts';
import { items } from './0003-items.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [first, goneAndTraffic, items];
