import type { Ledger } from '@mxodus/model';
import { z } from 'zod';
import { reverse } from './reverse-world.ts';

/** A pass back that is killed at one call of a ledger: `reverse-killed.ts DIR PLAN '{"of":"ledger","method":"settle","when":"before"}'`. */

const [dir = '', plan = '', at = ''] = process.argv.slice(2);
const killAt = z.object({ of: z.enum(['forward', 'ledger']), method: z.string(), when: z.enum(['before', 'after']) });
const { of, method, when } = killAt.parse(JSON.parse(at));

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function killing(ledger: Ledger): Ledger {
  return new Proxy(ledger, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== method || typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const last = args.at(-1);
        const isIdle = Array.isArray(last) && last.length === 0;
        if (isIdle) return Reflect.apply(value, target, args);
        if (when === 'before') die();
        const result: unknown = await Reflect.apply(value, target, args);
        die();
        return result;
      };
    },
  });
}

await reverse({ dir, plan }, { watched: (ledgers) => ({ ...ledgers, [of]: killing(ledgers[of]) }) });
