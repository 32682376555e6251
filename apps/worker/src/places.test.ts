import { expect, it } from 'vitest';
import { defaultPlaces } from './places.ts';

const room = (key: string, connections: number, connectionsPerMailbox: number) => ({
  ...{ key, connections, connectionsPerMailbox },
});

it('takes four jobs a core, as far as the servers let so many mailboxes in', () => {
  const wide = { sources: [room('old', 400, 4)], destinations: [room('new', 400, 4)] };
  expect(defaultPlaces([wide], 2)).toBe(8);
  const narrow = { sources: [room('old', 400, 4)], destinations: [room('new', 12, 4)] };
  expect(defaultPlaces([narrow], 2)).toBe(3);
  // The same server in two projects has its connections once.
  expect(defaultPlaces([narrow, narrow], 2)).toBe(3);
  expect(defaultPlaces([narrow, { ...narrow, destinations: [room('other', 8, 2)] }], 2)).toBe(7);
  expect(defaultPlaces([{ sources: [room('old', 1, 4)], destinations: [room('new', 1, 4)] }], 2)).toBe(1);
});
