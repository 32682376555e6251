import { dnsName } from '@mxodus/model';
import {
  type ApiCall,
  type ApiReply,
  type ApiServer,
  type ApiServerOptions,
  type Handled,
  startApiServer,
} from './api-server.ts';
import { applyChanges, order, type RecordSet, Route53Error, recordSets } from './route53-changes.ts';
import { isSignedBy, parseAuthorization } from './sigv4.ts';
import type { SimZone } from './sim-zone.ts';
import { escapeXml } from './xml.ts';

export interface Route53ApiOptions extends ApiServerOptions {
  zone: SimZone;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary keys: then it must be sent. */
  sessionToken?: string;
  /** A key that may only read. */
  readOnly?: boolean;
  /** Most record sets of a page, whatever is asked for. */
  pageSize?: number;
  /** How often a change is still PENDING when it is asked about. */
  pending?: number;
}

export interface Route53Api extends ApiServer {
  zone: SimZone;
  zoneId: string;
}

interface State {
  /** By the id of the change: how often it is still PENDING. */
  changes: Map<string, number>;
}

const API = '2013-04-01';
const NAMESPACE = `https://route53.amazonaws.com/doc/${API}/`;
const ZONE_ID = 'Z1PA6795UKMFR9';
/** Minutes a signature is good for. */
const LIFETIME_MIN = 5;

/** Amazon Route 53's API of 2013-04-01 as far as the record sets of one public hosted zone go, as documented in 2026-11. */
export async function startRoute53Api(options: Route53ApiOptions): Promise<Route53Api> {
  const state: State = { changes: new Map() };
  const isWrite = ({ method }: ApiCall): boolean => method !== 'GET';
  const server = await startApiServer((call) => judged(call, options, state), { ...options, isWrite, json: false });
  return { ...server, zone: options.zone, zoneId: ZONE_ID };
}

function judged(call: ApiCall, options: Route53ApiOptions, state: State): Handled {
  try {
    checkSignature(call, options);
    return route(call, options, state);
  } catch (error) {
    if (error instanceof Route53Error) return failed(error);
    throw error;
  }
}

function checkSignature(call: ApiCall, { accessKeyId, secretAccessKey, sessionToken }: Route53ApiOptions): void {
  const signature = parseAuthorization(call.headers.authorization);
  if (signature === null) throw forbidden('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const token = call.headers['x-amz-security-token'];
  if (signature.accessKeyId !== accessKeyId || token !== sessionToken) {
    throw forbidden('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const key = { accessKeyId, secretAccessKey, region: 'us-east-1', service: 'route53' };
  const mustSign = sessionToken === undefined ? [] : ['x-amz-security-token'];
  if (!isSignedBy(call, signature, key) || !mustSign.every((name) => signature.signedHeaders.includes(name))) {
    const words =
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
    throw forbidden('SignatureDoesNotMatch', words);
  }
  const date = call.headers['x-amz-date'] ?? '';
  const made = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const late = (Date.now() - made) / 60_000;
  if (!(Math.abs(late) < LIFETIME_MIN)) {
    const words = `Signature ${late > 0 ? 'expired' : 'not yet current'}: ${date} is ${late > 0 ? 'now earlier' : 'still later'} than ${new Date().toISOString()} (${LIFETIME_MIN} min.)`;
    throw forbidden('SignatureDoesNotMatch', words);
  }
}

const forbidden = (code: string, words: string): Route53Error => new Route53Error(403, code, words);

function route(call: ApiCall, options: Route53ApiOptions, state: State): Handled {
  const { method, url } = call;
  const path = url.pathname.replace(`/${API}/`, '').replace(/\/$/, '');
  if (method === 'GET' && path === 'hostedzonesbyname') return zonesByName(url, options);
  const change = /^change\/(\w+)$/.exec(path)?.[1];
  if (method === 'GET' && change !== undefined) return getChange(change, state);
  const zoneId = /^hostedzone\/(\w+)\/rrset$/.exec(path)?.[1];
  if (zoneId === undefined) throw new Route53Error(404, 'NotFound', 'no such operation');
  if (zoneId !== ZONE_ID) throw new Route53Error(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${zoneId}`);
  if (method === 'GET') return list(url, options);
  if (method === 'POST') return changeSets(call, options, state);
  throw new Route53Error(405, 'MethodNotAllowed', method);
}

function zonesByName({ searchParams }: URL, { zone }: Route53ApiOptions): ApiReply {
  checkQuery(searchParams, ['dnsname', 'hostedzoneid', 'maxitems']);
  // From the name on, in Route 53's order: what follows may be another zone.
  const from = order(dnsName(searchParams.get('dnsname') ?? '.'));
  const zones = [
    { id: 'Z0PRIVATE', name: zone.name, isPrivate: true },
    { id: ZONE_ID, name: zone.name, isPrivate: false },
    { id: 'Z2OTHER', name: `zz-${zone.name}`, isPrivate: false },
  ].filter(({ name }) => order(name) >= from || from === '.');
  const text = zones.map(
    ({ id, name, isPrivate }) =>
      `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}.</Name><CallerReference>x</CallerReference><Config><PrivateZone>${isPrivate}</PrivateZone></Config><ResourceRecordSetCount>9</ResourceRecordSetCount></HostedZone>`,
  );
  return answer(
    'ListHostedZonesByNameResponse',
    `<HostedZones>${text.join('')}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>`,
  );
}

function list({ searchParams }: URL, { zone, pageSize = 300 }: Route53ApiOptions): ApiReply {
  checkQuery(searchParams, ['name', 'type', 'identifier', 'maxitems']);
  const [name, type, identifier] = ['name', 'type', 'identifier'].map((key) => searchParams.get(key));
  if (type !== null && name === null) throw new Route53Error(400, 'InvalidInput', 'type without name');
  const size = Math.min(Number(searchParams.get('maxitems') ?? '300'), pageSize);
  if (!(size >= 1)) throw new Route53Error(400, 'InvalidInput', 'maxitems');
  const from = `${order(dnsName(name ?? '.'))} ${type ?? ''} ${identifier ?? ''}`;
  const all = recordSets(zone).filter((set) => name === null || keyOf(set) >= from);
  const shown = all.slice(0, size);
  const next = all[size];
  const rest =
    next === undefined
      ? '<IsTruncated>false</IsTruncated>'
      : `<IsTruncated>true</IsTruncated><NextRecordName>${wireName(next.name)}</NextRecordName><NextRecordType>${next.type}</NextRecordType>${next.identifier === undefined ? '' : `<NextRecordIdentifier>${next.identifier}</NextRecordIdentifier>`}`;
  return answer(
    'ListResourceRecordSetsResponse',
    `<ResourceRecordSets>${shown.map(setXml).join('')}</ResourceRecordSets>${rest}<MaxItems>${size}</MaxItems>`,
  );
}

const keyOf = ({ name, type, identifier }: RecordSet): string => `${order(name)} ${type} ${identifier ?? ''}`;

/** "*" is shown in octal. */
const wireName = (name: string): string => `${name.replaceAll('*', '\\052')}.`;

function setXml({ name, type, ttl, values, identifier, alias }: RecordSet): string {
  const policy = identifier === undefined ? '' : `<SetIdentifier>${identifier}</SetIdentifier><Weight>1</Weight>`;
  const records = values.map((value) => `<ResourceRecord><Value>${escapeXml(value)}</Value></ResourceRecord>`);
  const content =
    alias === undefined
      ? `<TTL>${ttl}</TTL><ResourceRecords>${records.join('')}</ResourceRecords>`
      : `<AliasTarget><HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>${alias}</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>`;
  return `<ResourceRecordSet><Name>${wireName(name)}</Name><Type>${type}</Type>${policy}${content}</ResourceRecordSet>`;
}

function changeSets(
  { body }: ApiCall,
  { zone, readOnly = false, pending = 0 }: Route53ApiOptions,
  { changes }: State,
): Handled {
  if (readOnly) {
    const words = `User: arn:aws:iam::123456789012:user/mxodus is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/${ZONE_ID}`;
    throw forbidden('AccessDenied', words);
  }
  const records = applyChanges(zone, body);
  const id = `C${String(changes.size + 1).padStart(13, '0')}`;
  return {
    reply: () => answer('ChangeResourceRecordSetsResponse', changeInfo(id, 'PENDING')),
    commit: () => {
      changes.set(id, pending);
      zone.commit(records);
    },
  };
}

function getChange(id: string, { changes }: State): ApiReply {
  const left = changes.get(id);
  if (left === undefined) throw new Route53Error(404, 'NoSuchChange', `Could not find resource with ID: ${id}`);
  changes.set(id, Math.max(0, left - 1));
  return answer('GetChangeResponse', changeInfo(id, left > 0 ? 'PENDING' : 'INSYNC'));
}

const changeInfo = (id: string, status: string): string =>
  `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-11-22T10:00:00.000Z</SubmittedAt></ChangeInfo>`;

function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  const stranger = [...query.keys()].find((key) => !known.includes(key));
  if (stranger !== undefined) throw new Route53Error(400, 'InvalidInput', `unknown parameter ${stranger}`);
}

const answer = (name: string, content: string): ApiReply => ({
  status: 200,
  body: `<?xml version="1.0"?>\n<${name} xmlns="${NAMESPACE}">${content}</${name}>`,
});

const failed = ({ status, code, message }: Route53Error): ApiReply => ({
  status,
  body: `<?xml version="1.0"?>\n<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>4b9a5d3e</RequestId></ErrorResponse>`,
});
