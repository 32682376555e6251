import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { alone, splitPlan } from './sample.ts';

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;

const summarySchema = z.object({
  exit_code: z.int(),
  state: z.string(),
  sent: z.int(),
  arrived: z.int(),
  lost: z.int(),
  doubled: z.int(),
  bounced: z.int(),
  stopped: z.string().nullable(),
});

test.each<[string, number, string, RegExp | null]>([
  ['', 0, 'RESTORED', null],
  ['secondary-lags', 0, 'RESTORED', null],
  ['secondary-down', 0, 'RESTORED', null],
  ['new-mx-down', 0, 'RESTORED', null],
  ['kill-and-resume', 0, 'RESTORED', null],
  ['rollback', 0, 'ROLLED_BACK', null],
  ['third-party-edit', 6, 'ARMED', /DNS_CHANGED/],
  ['recipient-refused', 6, 'DRAFT', /G3/],
  ['catch-all', 6, 'DRAFT', /G3/],
  ['greylist', 6, 'DRAFT', /G3/],
  ['provider-says-yes-serves-old', 6, 'AUDITED', /served nowhere/],
])(
  'a rehearsal with the fault "%s" ends with %d in %s, and every mail is there once',
  async (fault, code, state, why) => {
    const { dir, path, remove } = await alone(splitPlan());
    const args = ['cutover', 'simulate', path, '--json', ...(fault === '' ? [] : ['--fault', fault])];
    const child = spawn(process.execPath, [CLI, ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
      const summary = summarySchema.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
      expect(summary).toMatchObject({ exit_code: code, state, lost: 0, doubled: 0, bounced: 0, arrived: summary.sent });
      expect(summary.sent).toBeGreaterThan(0);
      if (why === null) expect(summary.stopped).toBeNull();
      else expect(summary.stopped).toMatch(why);
    } finally {
      child.kill('SIGTERM');
      await remove();
    }
  },
  400_000,
);
