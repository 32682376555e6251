import {
  configSchema,
  cutoverEventSchema,
  cutoverStatusSchema,
  EXIT,
  eventSchema,
  planSchema,
  syncSummarySchema,
} from '@mxodus/model';
import { Argument } from 'commander';
import { z } from 'zod';
import { certificateSchema } from '../certificate/certificate-schema.ts';
import type { CliCommand } from './session.ts';

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  config: configSchema,
  plan: planSchema,
  events: z
    .union([eventSchema, cutoverEventSchema, cutoverStatusSchema, certificateSchema, syncSummarySchema])
    .meta({ title: 'lines of mxodus --json' }),
};

export const schemaCommand: CliCommand = (program, start) => {
  program
    .command('schema')
    .summary('print a JSON Schema')
    .description('Prints the JSON Schema of the config, of a plan, or of the lines of --json.')
    .addArgument(new Argument('<what>', 'which one').choices(Object.keys(SCHEMAS)))
    .action(
      start({ name: 'schema' }, async ({ output }, [what = '']) => {
        const schema = z.toJSONSchema(SCHEMAS[what] ?? z.never(), { io: 'input' });
        output.document(`${JSON.stringify(schema, null, output.json ? 0 : 2)}\n`);
        return { exitCode: EXIT.done };
      }),
    );
};
