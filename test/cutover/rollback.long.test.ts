import { test } from 'vitest';
import { rollBackFrom } from './roll-back.ts';

/** Back to the old host from the states that rollback.test.ts leaves out. */

test.each(['PROPAGATING', 'VERIFIED', 'DRAINING', 'RESTORED'] as const)(
  'a rollback from %s puts the old MX back and every mail into the old mailboxes, once',
  (state) => rollBackFrom(state),
);
