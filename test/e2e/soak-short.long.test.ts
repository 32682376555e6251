import { expect, it } from 'vitest';
import { playEpisode } from '../soak/episode.ts';

/** A minute of the soak with a fixed seed; `npm run soak` is the long one. */
it('after random activity at both ends, and passes that were stopped, the destination is what the model says', async () => {
  const { rounds } = await playEpisode({
    seed: 'short',
    episode: 2,
    rounds: 3,
    policy: 'trash',
    users: ['ann'],
    without: new Set(),
    keep: null,
    enough: () => false,
    say: () => undefined,
    tell: () => undefined,
  });
  expect(rounds).toHaveLength(3);
});
