import { MxodusError, type Observation, type Rrset, type RrsetName, sameRrset } from '@mxodus/model';
import { rrsetKey } from './change-groups.ts';
import { rrsetNameText, rrsetText, serverText } from './rrset-text.ts';

/** What every authoritative server serves of an RRset. Throws where one does not answer, or they disagree. */
export function agreedRrset(observations: ReadonlyMap<string, readonly Observation[]>): (rrset: RrsetName) => Rrset {
  return (rrset) => {
    const readings = (observations.get(rrsetKey(rrset)) ?? []).map((observation) => ({
      server: observation.server,
      live: reading(rrset, observation),
    }));
    const [first, ...others] = readings;
    if (first === undefined) {
      throw new MxodusError('DNS_UNREACHABLE', {
        what: `no authoritative server of ${rrset.name} is known`,
        why: 'neither the NS set nor `dns.authoritative` names one',
        advice: 'list the servers in `dns.authoritative`',
      });
    }
    const other = others.find(({ live }) => !sameRrset(live, first.live));
    if (other !== undefined) {
      throw new MxodusError('DNS_ANSWER', {
        what: `the authoritative servers do not agree on ${rrsetNameText(rrset)}`,
        why: `${serverText(first.server)} serves ${rrsetText(rrset.type, first.live)}, ${serverText(other.server)} ${rrsetText(rrset.type, other.live)}`,
        advice: 'wait until the zone was transferred, or repair the server that lags; then plan again',
      });
    }
    // Absent everywhere: caches remember it as long as the longest negative TTL says.
    return { ttl: Math.max(...readings.map(({ live }) => live.ttl)), records: first.live.records };
  };
}

function reading(rrset: RrsetName, observation: Observation): Rrset {
  const server = serverText(observation.server);
  if (observation.kind === 'error') {
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `${server} did not tell ${rrsetNameText(rrset)}`,
      why: observation.why,
      advice: 'every authoritative server must answer over UDP and TCP; repair it, or take it out of the NS set',
    });
  }
  if (!observation.authoritative) {
    throw new MxodusError('DNS_ANSWER', {
      what: `${server} answers for ${rrset.name} without authority`,
      why: 'the AA flag is missing: it is a cache, or it does not serve the zone',
      advice: 'correct `dns.authoritative`, or the NS set of the zone',
    });
  }
  return observation.kind === 'answer' ? observation.rrset : { ttl: observation.negativeTtl ?? 0, records: [] };
}
