import { checkCommand } from './check.ts';
import { cutoverCommand } from './cutover/cutover-command.ts';
import { demoCommand } from './demo.ts';
import { fleetCommand } from './fleet/fleet-command.ts';
import { ledgerCommand } from './ledger.ts';
import { planCommand } from './plan.ts';
import { reportCommand } from './report.ts';
import { schemaCommand } from './schema.ts';
import type { CliCommand } from './session.ts';
import { statusCommand } from './status.ts';
import { syncCommand } from './sync.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';

/** One line a command, in the order of `--help`. */
export const commands: readonly CliCommand[] = [
  checkCommand,
  planCommand,
  syncCommand,
  verifyCommand,
  cutoverCommand,
  statusCommand,
  reportCommand,
  fleetCommand,
  workerCommand,
  ledgerCommand,
  schemaCommand,
  demoCommand,
];
