import { expect } from 'vitest';
import { finish } from '../journey.ts';
import { startStreamWorld } from './stream-world.ts';

/** kill -9 of the real process, so many times, at moments spread over all states, while mail keeps coming. */
export async function killRun(wantedKills: number): Promise<void> {
  const world = await startStreamWorld({ messages: 4, lab: { mxTtl: 4 } });
  try {
    await world.prepare();
    world.begin();
    let kills = 0;
    for (;;) {
      const child = world.start('cutover', 'run', world.plan, '--execute', '--json');
      // One line means: killed at the first thing it does. Now and then two, or a wait would never be over.
      const lines = kills % 4 === 3 ? 2 : 1;
      let seen = 0;
      child.stdout?.on('data', (chunk: Buffer) => {
        seen += chunk.toString().split('"cutover_').length - 1;
        if (kills < wantedKills && seen >= lines) child.kill('SIGKILL');
      });
      const { code } = await finish(child);
      if (code !== null) {
        expect(code).toBe(0);
        break;
      }
      kills += 1;
      if (kills === wantedKills) await world.hush();
    }
    expect(kills).toBe(wantedKills);
    const entries = await world.entries();
    expect(entries.at(-1)).toMatchObject({ state: 'RESTORED' });
    const accepted = entries.flatMap((entry) => (entry.event === 'accepted' ? [entry.facts.phase] : []));
    expect(accepted).toEqual(['lower', 'switch', 'restore']);
    expect(await world.count('new')).toMatchObject({ lost: [], doubled: [], bounced: 0 });
  } finally {
    await world.stop();
  }
}
