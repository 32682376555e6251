import { z } from 'zod';

export const name = z.string().min(1, 'expected some text');

/** Where a secret is: never the secret itself. */
export const secretSchema = z
  .union(
    [
      z.strictObject({ env: name }).describe('the environment variable that holds it'),
      z.strictObject({ file: name }).describe('the file that holds it (a trailing newline is dropped)'),
      z.strictObject({ command: z.array(name).min(1) }).describe('the command that prints it'),
    ],
    { error: 'expected a reference to a secret: { env: NAME }, { file: PATH } or { command: [PROGRAM, ARGUMENT] }' },
  )
  .meta({ id: 'secret' });

export type Secret = z.output<typeof secretSchema>;
