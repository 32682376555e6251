import { Option } from 'commander';
import { z } from 'zod';
import type { CliCommand } from './session.ts';
import { wholeNumber } from './whole-number.ts';

const DESTINATIONS = ['imap', 'exchange'] as const;

const optionsSchema = z.object({
  dir: z.string(),
  messages: z.int().positive(),
  to: z.enum(DESTINATIONS),
});

export const demoCommand: CliCommand = (program, start) => {
  program
    .command('demo')
    .summary('the whole journey on real servers on this machine, in under three minutes')
    .description(
      'Seeds a company at an old host and moves it to a new one: check, plan, sync, cutover under mail, verify, report.',
    )
    .addOption(
      new Option(
        '--to <system>',
        'imap: all to a new IMAP host; exchange: a split of a simulated Microsoft 365 and that host',
      )
        .choices(DESTINATIONS)
        .default('imap'),
    )
    .option('--dir <folder>', 'where the config, the plan and the report go', 'mxodus-demo')
    .option('--messages <n>', 'messages of the company', wholeNumber(1), 6000)
    .action(
      start({ name: 'demo' }, async (session, _words, options) => {
        // Only the demo needs the lab; every other command starts without it.
        const { runDemo } = await import('../demo/tour.ts');
        return runDemo(session, optionsSchema.parse(options));
      }),
    );
};
