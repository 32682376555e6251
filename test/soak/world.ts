import { type FaultProxy, noUidCodes, startFaultProxy, startQuirkServer } from '@mxodus/lab';
import { type Journey, startJourney } from '../journey.ts';
import type { Spelling } from './user/client.ts';
import type { Variant } from './variant.ts';

export type End = 'source' | 'destination';

/** Two servers, a proxy in front of each, and the command line between them. */
export interface World {
  journey: Journey;
  proxies: Record<End, FaultProxy>;
  spellings: Record<End, Spelling>;
  stop(): Promise<void>;
}

export async function startWorld(variant: Variant, users: readonly string[]): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const proxies: Partial<Record<End, FaultProxy>> = {};
  const between = async (end: End, target: number): Promise<number> => {
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: target } });
    stops.push(() => proxy.stop());
    proxies[end] = proxy;
    return proxy.port;
  };
  const withoutUids = async (port: number): Promise<number> => {
    const proxy = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks: [noUidCodes()] });
    stops.push(() => proxy.stop());
    return proxy.port;
  };
  const journey = await startJourney({
    users,
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    old: variant.old,
    new: variant.new,
    limits: variant.limits,
    config: `sync: { settle: 1s, deletes: ${variant.policy} }`,
    oldPort: (port) => between('source', port),
    newPort: async (port) => between('destination', variant.hideUids ? await withoutUids(port) : port),
  });
  const { source, destination } = proxies;
  if (source === undefined || destination === undefined) throw new Error('A proxy was not started.');
  return {
    journey,
    proxies: { source, destination },
    spellings: { source: spelling(variant.old), destination: spelling(variant.new) },
    stop: async () => {
      await journey.stop();
      for (const stop of stops.reverse()) await stop();
    },
  };
}

const spelling = ({ prefix = '', separator = '/' }: Partial<Spelling>): Spelling => ({ prefix, separator });
