import { grainOf, simulate, workersThatPay, worldOfPlan } from '@mxodus/engine';
import type { Config, Plan } from '@mxodus/model';
import type { Style } from '../output/style.ts';
import { simulationText } from '../views/simulation.ts';
import { groundOf } from '../views/simulation-ground.ts';
import { simulationJson } from '../views/simulation-json.ts';

export interface SimulatedPlan {
  text: string;
  /** What the summary of --json has of it. */
  json: Record<string, unknown>;
}

/**
 * How long the first copy would take, and why. No server is asked.
 *
 * @param workers null: as the config says, one worker or one process
 */
export function simulatePlan(
  { plan, config, workers }: { plan: Plan; config: Config; workers: number | null },
  style: Style,
): SimulatedPlan {
  const world = worldOfPlan(plan, config, workers);
  const ground = groundOf(world);
  const view = {
    simulation: simulate(world, grainOf(world)),
    pay: workersThatPay(worldOfPlan(plan, config, workers ?? 1), 3 * grainOf(world)),
    isFleet: workers !== null || config.queue.kind === 'bullmq',
    ground,
    servers: config.servers,
  };
  return { text: simulationText(view, style), json: simulationJson(view) };
}
