import { expect, it } from 'vitest';
import { FAULTS, type FaultActions, type FaultMoment, type FaultName, playFaults, stageFaults } from './faults.ts';

/** What a fault does at a moment, as words. */
async function playedAt(fault: FaultName, moment: Partial<FaultMoment>): Promise<string[]> {
  const done: string[] = [];
  const does = (word: string) => async (): Promise<void> => void done.push(word);
  const actions: FaultActions = {
    say: () => undefined,
    pause: does('pause'),
    kill: () => void done.push('kill'),
    giveUp: () => void done.push('give up'),
    secondary: { stop: does('secondary stops'), start: does('secondary starts') },
    newHosts: { stop: does('hosts stop'), start: does('hosts start') },
    editMx: does('edit'),
    rollBack: does('roll back'),
  };
  await playFaults([fault], { entries: 1, event: 'entered', state: 'DRAFT', entered: true, ...moment }, actions);
  return done;
}

it.each<[FaultName, Partial<FaultMoment>, string[]]>([
  ['secondary-lags', { event: 'accepted' }, ['pause', 'secondary starts']],
  ['secondary-down', { state: 'TTL_LOWERED' }, ['secondary stops', 'pause', 'secondary starts']],
  ['third-party-edit', { state: 'ARMED' }, ['edit']],
  ['new-mx-down', { state: 'PROPAGATING' }, ['hosts stop', 'pause', 'hosts start']],
  ['provider-says-yes-serves-old', { event: 'accepted' }, ['pause', 'give up']],
  ['kill-and-resume', { entries: 3 }, ['kill']],
  ['kill-and-resume', { entries: 18 }, []],
  ['rollback', { state: 'DRAINING' }, ['roll back']],
  ['rollback', { state: 'DRAINING', entered: false }, []],
])('%s does at %o: %o', async (fault, moment, done) => {
  expect(await playedAt(fault, moment)).toEqual(done);
});

it('is at rest at the beginning, but for those that are there from the start', async () => {
  for (const fault of FAULTS) expect(await playedAt(fault, {})).toEqual([]);
  expect(stageFaults(['greylist'])).toMatchObject({ refused: '451', refuses: 'all' });
  expect(stageFaults(['recipient-refused', 'catch-all'])).toMatchObject({
    ...{ refused: '550', refuses: 'first', catchAll: true, deaf: false },
  });
  expect(stageFaults(['provider-says-yes-serves-old', 'secondary-lags'])).toMatchObject({
    ...{ deaf: true, refused: null, dns: { notify: false } },
  });
});
