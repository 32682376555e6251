import type { ProbeResult, ProbeWriter } from '@mxodus/model';
import { z } from 'zod';
import {
  type Graph,
  type GraphAnswer,
  GraphDoubt,
  GraphRefusal,
  graphPath,
  graphQuery,
  odataText,
} from '../graph/graph.ts';
import { MIGRATION_KEY, TRANSPORT_HEADERS } from '../properties.ts';
import { get, parsed, refusalText } from './ask.ts';
import { ProbeFolder } from './probe-folder.ts';
import {
  arrivalOf,
  asJson,
  asMime,
  faultsOfJson,
  faultsOfMime,
  newProbe,
  type ProbeMessage,
  type ReadBack,
  readBackSchema,
} from './probe-message.ts';

/**
 * The tenant probe. Each step may be the last one: whatever is there then is in the folder, and the next probe clears it first.
 *
 *   step     request                                    when its answer is lost
 *   clear    list folders, permanentDelete              looked at again
 *   folder   POST mailFolders, hidden                   looked for by its name
 *   write    POST messages | POST importMime            looked for in the folder
 *   key      PATCH of its key, by importMime only       as a refusal: it has none
 *   read     GET the message
 *   search   GET by its key, again for about 13 s
 *   clear    as the first
 */
export interface ProbeOptions {
  graph: Graph;
  user: string;
  writer: ProbeWriter;
  /** Milliseconds. */
  sleep(ms: number): Promise<void>;
  now(): Date;
}

/** A new message may not be found by a search for some seconds (inferred: up to 10). */
const PAUSES_MS = [1000, 3000, 9000] as const;

const idSchema = z.object({ id: z.string() });

const READ_BACK = graphQuery({
  $select: 'id,isDraft,isRead,receivedDateTime,sentDateTime,internetMessageHeaders',
  $expand: `singleValueExtendedProperties($filter=id eq ${odataText(MIGRATION_KEY)} or id eq ${odataText(TRANSPORT_HEADERS)})`,
});

export async function probeMailbox(options: ProbeOptions): Promise<ProbeResult> {
  const { graph, user } = options;
  const folder = new ProbeFolder(graph, user, (round) => options.sleep(pauseAfter(round)));
  await folder.clear();
  let seen: Seen;
  try {
    seen = await tryMessage(options, await folder.make());
  } catch (error) {
    // What went wrong first is what is told; what is left is cleared by the next probe.
    await folder.clear().catch(() => null);
    throw error;
  }
  return { writer: options.writer, user, ...seen, left: await folder.clear() };
}

type Seen = Pick<ProbeResult, 'faults' | 'arrival'>;

async function tryMessage(options: ProbeOptions, folder: string): Promise<Seen> {
  const probe = newProbe(options.now());
  const written = await write(options, folder, probe);
  if ('refused' in written) return { faults: [{ fault: 'refused', words: written.refused }], arrival: null };
  if (options.writer === 'graph-importmime') await setKey(options, written.id, probe);
  const found = await readBack(options, written.id);
  const arrival = arrivalOf(found, probe.written);
  if (options.writer === 'graph-importmime') return { faults: faultsOfMime(found, probe), arrival };
  const faults = faultsOfJson(found, probe);
  const isThere = !faults.some(({ fault }) => fault === 'key');
  return { faults: isThere ? [...faults, ...(await searched(options, folder, probe))] : faults, arrival };
}

async function write(
  options: ProbeOptions,
  folder: string,
  probe: ProbeMessage,
): Promise<{ id: string } | { refused: string }> {
  for (let round = 1; ; round += 1) {
    try {
      const { body } = await send(options, folder, probe);
      return { id: parsed(idSchema, body, 'the test message').id };
    } catch (error) {
      if (error instanceof GraphRefusal) return { refused: refusalText(error) };
      if (!(error instanceof GraphDoubt) || round > PAUSES_MS.length) throw error;
      await options.sleep(pauseAfter(round));
      const id = await inFolder(options, folder);
      if (id !== null) return { id };
    }
  }
}

function send({ graph, user, writer }: ProbeOptions, folder: string, probe: ProbeMessage): Promise<GraphAnswer> {
  if (writer === 'graph-json') {
    const path = graphPath`/users/${user}/mailFolders/${folder}/messages`;
    return graph.send({ method: 'POST', path, body: asJson(probe, user), repeat: 'once' });
  }
  const path = graphPath`/users/${user}/mailFolders/${folder}/importMime`;
  const body = asMime(probe, user);
  return graph.send({ method: 'POST', path, version: 'beta', body, contentType: 'text/plain', repeat: 'once' });
}

/** Whether it was kept is seen when the message is read. */
async function setKey({ graph, user }: ProbeOptions, id: string, { key }: ProbeMessage): Promise<void> {
  const body = { singleValueExtendedProperties: [{ id: MIGRATION_KEY, value: key }] };
  try {
    await graph.send({ method: 'PATCH', path: graphPath`/users/${user}/messages/${id}`, body, repeat: 'safe' });
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
  }
}

/** The folder is ours alone: what is in it is the message. */
async function inFolder({ graph, user }: ProbeOptions, folder: string): Promise<string | null> {
  const query = graphQuery({ $top: 1, $select: 'id' });
  for await (const page of graph.pages({ path: graphPath`/users/${user}/mailFolders/${folder}/messages` + query })) {
    const [first] = page;
    if (first !== undefined) return parsed(idSchema, first, 'the test message').id;
  }
  return null;
}

async function readBack({ graph, user }: ProbeOptions, id: string): Promise<ReadBack> {
  const { body } = await graph.send(get(graphPath`/users/${user}/messages/${id}` + READ_BACK));
  return parsed(readBackSchema, body, 'the test message');
}

async function searched(options: ProbeOptions, folder: string, { key }: ProbeMessage): Promise<ProbeResult['faults']> {
  const { graph, user } = options;
  const where = `singleValueExtendedProperties/Any(ep: ep/id eq ${odataText(MIGRATION_KEY)} and ep/value eq ${odataText(key)})`;
  const query = graphQuery({ $filter: where, $select: 'id', $top: 1 });
  const path = graphPath`/users/${user}/mailFolders/${folder}/messages` + query;
  for (let round = 1; ; round += 1) {
    for await (const page of graph.pages({ path })) if (page.length > 0) return [];
    if (round > PAUSES_MS.length)
      return [{ fault: 'search', words: 'a search by its key did not find it within 13 seconds' }];
    await options.sleep(pauseAfter(round));
  }
}

const pauseAfter = (round: number): number => PAUSES_MS[Math.min(round, PAUSES_MS.length) - 1] ?? 0;
