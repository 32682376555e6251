import type { Fact, Licence } from '@mxodus/model';
import { z } from 'zod';
import type { Graph } from '../graph/graph.ts';
import { factOf, get, known, parsed } from './ask.ts';
import { makesMailbox } from './mailbox.ts';

const skusSchema = z.object({
  value: z.array(
    z.object({
      skuPartNumber: z.string(),
      capabilityStatus: z.string().default('Enabled'),
      consumedUnits: z.int().default(0),
      prepaidUnits: z.object({ enabled: z.int().default(0) }).nullish(),
      servicePlans: z.array(z.object({ servicePlanName: z.string() })).default([]),
    }),
  ),
});

/** Products that come with a mailbox and are paid for. */
export const licencesOf = (graph: Graph): Promise<Fact<readonly Licence[]>> =>
  factOf('Organization.Read.All', async () => {
    const { body } = await graph.send(get('/subscribedSkus'));
    const skus = parsed(skusSchema, body, 'the licences of the tenant').value;
    return known(
      skus
        .filter(({ capabilityStatus }) => capabilityStatus === 'Enabled' || capabilityStatus === 'Warning')
        .filter(({ servicePlans }) => servicePlans.some(({ servicePlanName }) => makesMailbox(servicePlanName)))
        .map(({ skuPartNumber: name, prepaidUnits, consumedUnits }) => {
          const seats = prepaidUnits?.enabled ?? 0;
          return { name, seats, free: Math.max(0, seats - consumedUnits) };
        }),
    );
  });
