import { expect } from 'vitest';
import { finish } from '../journey.ts';
import { startStreamWorld } from './stream-world.ts';

/**
 * kill -9 of the real process, while mail keeps coming.
 *
 * @param kills for each process, what it has said when it is killed
 */
export async function killRun(kills: readonly RegExp[]): Promise<void> {
  const world = await startStreamWorld({ messages: 4, lab: { mxTtl: 4 } });
  try {
    await world.prepare();
    world.begin();
    let killed = 0;
    for (;;) {
      const child = world.start('cutover', 'run', world.plan, '--execute', '--json');
      const kill = kills[killed];
      let said = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (kill?.test(said)) child.kill('SIGKILL');
      });
      const { code } = await finish(child);
      if (code !== null) {
        expect(code).toBe(0);
        break;
      }
      killed += 1;
      if (killed === kills.length) await world.hush();
    }
    expect(killed).toBe(kills.length);
    const entries = await world.entries();
    expect(entries.at(-1)).toMatchObject({ state: 'RESTORED' });
    const accepted = entries.flatMap((entry) => (entry.event === 'accepted' ? [entry.facts.phase] : []));
    expect(accepted).toEqual(['lower', 'switch', 'restore']);
    expect(await world.count('new')).toMatchObject({ lost: [], doubled: [], bounced: 0 });
  } finally {
    await world.stop();
  }
}
