import { invariant } from '@mxodus/model';
import { WIRE_BYTES_PER_BYTE } from '../plan/estimate.ts';
import { BATCH, LOOK_AGAIN, OPENING } from './figures.ts';
import type { LimitBook } from './limit.ts';
import type { Resources, ServerResources } from './resources.ts';
import type { Need, Resource } from './share-out.ts';
import type { WindowRule } from './window.ts';
import type { Cost, SimFleet, SimMailbox, SimServer } from './world.ts';

/** How one mailbox is copied when nobody else is: the pace of its lanes, and what each message takes of what is shared. */
export interface Course {
  /** By server. */
  connections: readonly (readonly [string, number])[];
  /** Messages a second, and the number of the limit that sets it. */
  pace: number;
  paceBy: number;
  /** Seconds before the first message of its first slice, and of the slices after it. */
  opening: { first: number; later: number };
  /** Without those of the worker that has it. */
  needs: readonly Need[];
  /** Core seconds of the worker. */
  cpuPerMessage: number;
  /** Bytes a worker holds for each message a second. */
  bytesHeld: number;
  windows: readonly WindowRule[];
}

const DAY = 86_400;

export function courseOf(
  mailbox: SimMailbox,
  { fleet, resources, limits }: { fleet: SimFleet; resources: Resources; limits: LimitBook },
): Course {
  const source = serverOf(resources, mailbox.source);
  const destination = serverOf(resources, mailbox.destination);
  const ends = { mailbox, source: source.server, destination: destination.server };
  const bytes = mailbox.bytes / Math.max(1, mailbox.messages);
  const width = widthOf(ends);
  const lanes = Math.min(width.lanes, Math.max(1, Math.ceil(mailbox.messages / BATCH.value.messages)));
  const lane = laneOf(ends, { lanes, bytes });
  const { pace, paceBy, held } = paceOf(ends, { lane, lanes, width, limits });
  const { setUp, drain } = openingOf(ends, { lane, lanes });
  const read = costOf(source.server.work?.read, bytes);
  const append = costOf(destination.server.work?.append[mailbox.append], bytes);
  const needs: (Need | null)[] = [
    need(source.bytes, bytes),
    need(destination.bytes, bytes),
    need(source.work, read),
    need(destination.work, append),
    need(destination.requests, 1),
    need(resources.ledger, fleet.ledger.rowsPerMessage),
  ];
  return {
    connections: connectionsOf(ends, width.lanes),
    pace,
    paceBy,
    opening: {
      first: fleet.job + setUp + drain,
      later: fleet.job + setUp + drain + mailbox.messages * LOOK_AGAIN.value,
    },
    needs: needs.filter((one) => one !== null),
    cpuPerMessage: costOf(destination.server.requests === null ? fleet.cpu.toImap : fleet.cpu.toService, bytes),
    bytesHeld: held * bytes,
    windows: windowsOf(ends, bytes, limits),
  };
}

interface Ends {
  mailbox: SimMailbox;
  source: SimServer;
  destination: SimServer;
}

function serverOf({ servers }: Resources, name: string): ServerResources {
  const found = servers.get(name);
  invariant(found !== undefined, `the simulated world has no server "${name}"`);
  return found;
}

const need = (resource: Resource | null, perMessage: number): Need | null =>
  resource === null || perMessage <= 0 ? null : { resource, perMessage };

const costOf = (cost: Cost | undefined, bytes: number): number =>
  cost === undefined ? 0 : cost.perMessage + cost.perByte * bytes;

/** As a sync counts them: at the destination one connection is for the small commands. */
function widthOf({ source, destination }: Ends): { lanes: number; by: SimServer } {
  const room = (server: SimServer): number => Math.min(server.connections, server.connectionsPerMailbox);
  const [from, to] = [room(source), room(destination) - 1];
  return { lanes: Math.max(1, Math.min(from, to)), by: to <= from ? destination : source };
}

function connectionsOf({ source, destination }: Ends, lanes: number): [string, number][] {
  if (source === destination) return [[source.name, Math.min(2 * lanes + 1, source.connections)]];
  return [
    [source.name, Math.min(lanes, source.connections)],
    [destination.name, Math.min(lanes + 1, destination.connections)],
  ];
}

/** One batch of a lane: seconds to read it, to have it taken, and to hear of that. */
interface Lane {
  messages: number;
  read: number;
  taken: number;
  answer: number;
}

function laneOf({ mailbox, source, destination }: Ends, { lanes, bytes }: { lanes: number; bytes: number }): Lane {
  const { messages: most, bytes: mostBytes } = BATCH.value;
  const messages = Math.max(
    1,
    Math.min(most, Math.floor(mostBytes / Math.max(1, bytes)), Math.ceil(mailbox.messages / lanes)),
  );
  const isAsked = mailbox.append === 'plain' && destination.requests === null;
  const append = costOf(destination.work?.append[mailbox.append], bytes) + (isAsked ? 2 * destination.roundTrip : 0);
  return {
    messages,
    read: source.roundTrip + messages * costOf(source.work?.read, bytes),
    taken: messages * append,
    answer: destination.requests === null ? destination.roundTrip : destination.requests.answer,
  };
}

/** A lane reads one batch while the last two are on their way. Over HTTP all lanes share the requests of the mailbox. */
function paceOf(
  { destination: { requests, name } }: Ends,
  { lane, lanes, width, limits }: { lane: Lane; lanes: number; width: { by: SimServer }; limits: LimitBook },
): Pick<Course, 'pace' | 'paceBy'> & { held: number } {
  const { messages, read, taken, answer } = lane;
  const ofLanes = limits.number('connections_per_mailbox', width.by.name);
  if (requests !== null) {
    const [reading, writing] = [(lanes * messages) / read, requests.concurrent / requests.answer];
    const pace = Math.min(reading, writing);
    const paceBy = writing <= reading ? limits.number('concurrent_requests', name) : ofLanes;
    return { pace, paceBy, held: read + (lanes * messages) / pace };
  }
  const batch = Math.max(read, taken, (answer + taken) / 2);
  return { pace: (lanes * messages) / batch, paceBy: ofLanes, held: read + answer + taken };
}

/** `drain`: the first batch has to be read before it can be sent, and the last answer waited for. */
function openingOf(
  { mailbox, source, destination }: Ends,
  { lane, lanes }: { lane: Lane; lanes: number },
): { setUp: number; drain: number } {
  const roundTrip = Math.max(source.roundTrip, destination.requests?.answer ?? destination.roundTrip);
  const { roundTrips, aFolder, moreLanes, seconds } = OPENING.value;
  const trips = roundTrips + aFolder * mailbox.folders + (lanes > 1 ? moreLanes : 0);
  return {
    setUp: seconds + trips * roundTrip,
    drain: lane.answer + Math.min(lane.read, lane.taken),
  };
}

function windowsOf({ source, destination }: Ends, bytes: number, limits: LimitBook): WindowRule[] {
  const { requests, name } = destination;
  const windows: WindowRule[] = [source, destination].flatMap((server) =>
    server.bytesPerDay === null
      ? []
      : [
          {
            limit: limits.number('bytes_per_day', server.name),
            most: server.bytesPerDay,
            length: DAY,
            perMessage: bytes,
            anchored: true,
          },
        ],
  );
  if (requests === null) return windows;
  return [
    ...windows,
    {
      limit: limits.number('requests', name),
      most: requests.requests.most,
      length: requests.requests.inMs / 1000,
      perMessage: 1,
      anchored: false,
    },
    {
      limit: limits.number('upload', name),
      most: requests.upload.mostBytes,
      length: requests.upload.inMs / 1000,
      perMessage: bytes * WIRE_BYTES_PER_BYTE,
      anchored: false,
    },
  ];
}
