import type { ServiceToCheck } from '@mxodus/runner';
import type { LoadedConfig } from './config/load-config.ts';
import { resolveSecret } from './config/secrets.ts';

/** What the config names besides mail servers. */
export function servicesToCheck({
  config: { ledger, queue },
  baseDir,
}: Pick<LoadedConfig, 'config' | 'baseDir'>): ServiceToCheck[] {
  const services: ServiceToCheck[] = [];
  if (ledger.kind === 'postgres') {
    services.push({
      service: 'ledger',
      look: async () => {
        const { lookAtPostgres } = await import('@mxodus/ledger/postgres');
        return {
          product: 'PostgreSQL',
          warnings: [],
          ...(await lookAtPostgres(await resolveSecret(ledger.url, baseDir))),
        };
      },
    });
  }
  if (queue.kind === 'bullmq') {
    services.push({
      service: 'queue',
      look: async () => {
        const { lookAtRedis } = await import('@mxodus/queue/bullmq');
        const { warnings, ...found } = await lookAtRedis(await resolveSecret(queue.redis, baseDir));
        return { product: 'Redis', warnings: [...warnings], ...found };
      },
    });
  }
  return services;
}
