import { test } from 'vitest';
import { rollBackFrom } from './roll-back.ts';

/** Back to the old host while mail keeps coming. The other states are in rollback.long. */

test.each(['SWITCHED'] as const)(
  'a rollback from %s puts the old MX back and every mail into the old mailboxes, once',
  (state) => rollBackFrom(state),
);
