import { Resolver } from 'node:dns/promises';
import { mxText, type RrType } from '@mxodus/model';

const TIMEOUT_MS = 5000;

/** No such name, or no record of this type. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND', 'NODATA']);

/** Asks the resolvers of the system, caches and all: as any program of this machine does. Only MX, A and AAAA. */
export async function systemRecords(
  name: string,
  type: RrType,
  signal: AbortSignal,
): Promise<{ kind: 'found'; records: readonly string[] } | { kind: 'unknown'; why: string }> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return { kind: 'found', records: await records(resolver, name, type) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return { kind: 'found', records: [] };
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'unknown', why: `${name} ${type} cannot be looked up: ${why}` };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function records(resolver: Resolver, name: string, type: RrType): Promise<string[]> {
  switch (type) {
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ exchange, priority }) =>
        mxText({ host: exchange, preference: priority }),
      );
    case 'AAAA':
      return resolver.resolve6(name);
    default:
      return resolver.resolve4(name);
  }
}
