import { z } from 'zod';
import { badRequest, methodNotAllowed } from '../answers.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import type { DirectoryData } from './directory.ts';
import { isDefault } from './organization.ts';
import { domainOf, guidOf, type SimDomain } from './rows.ts';
import { notFound, onlyOptions, selected } from './select.ts';

const creation = z.strictObject({ id: z.string().min(1) });
const verification = z.strictObject({ forceTakeover: z.boolean().optional() });

/** /domains and what is below it. */
export function domainRoute(
  request: SimRequest,
  world: SimWorld,
  data: DirectoryData,
): SimAnswer | null | Promise<SimAnswer> {
  const { segments, query, method, origin, version } = request;
  const [, name, part, below] = segments;
  const { domains } = data;
  const context = `${origin}/${version}/$metadata#domains`;
  const view = (domain: SimDomain): Record<string, unknown> => selected(entity(domain, domains), query, 'domain');
  onlyOptions(query, '$select');

  if (name === undefined) {
    if (method === 'POST')
      return { status: 201, body: { '@odata.context': `${context}/$entity`, ...view(add(request, world, data)) } };
    if (method !== 'GET') throw methodNotAllowed('GET, POST');
    const value = domains.filter(({ added }) => added).map(view);
    return { status: 200, body: { '@odata.context': context, value } };
  }
  const domain = domains.find((row) => row.added && row.name.toLowerCase() === name.toLowerCase());
  if (domain === undefined) throw notFound(name);
  if (part === undefined) {
    if (method !== 'GET') throw methodNotAllowed('GET');
    return { status: 200, body: { '@odata.context': `${context}/$entity`, ...view(domain) } };
  }
  if (below !== undefined) return null;
  if (part === 'verify') {
    if (method !== 'POST') throw methodNotAllowed('POST');
    return verify(request, domain, data).then(() => ({
      status: 200,
      body: { '@odata.context': context, ...view(domain) },
    }));
  }
  const records = part === 'verificationDnsRecords' ? proofs(domain) : serviceRecords(part, domain, world);
  if (records === null) return null;
  if (method !== 'GET') throw methodNotAllowed('GET');
  const typed = records.map(({ type, ...record }) => ({
    '@odata.type': `${world.switches.typesWithHash ? '#' : ''}microsoft.graph.${type}`,
    id: guidOf(world.random),
    ...record,
  }));
  return { status: 200, body: { '@odata.context': `${context}('${domain.name}')/${part}`, value: typed } };
}

interface TypedRecord {
  type: string;
  [property: string]: unknown;
}

const proofs = ({ name, proof }: SimDomain): TypedRecord[] => {
  const record = { isOptional: false, label: name, supportedService: null, ttl: 3600 };
  const [, host = ''] = proof.split('=');
  return [
    { type: 'domainDnsTxtRecord', ...record, recordType: 'Txt', text: proof },
    {
      type: 'domainDnsMxRecord',
      ...record,
      recordType: 'Mx',
      mailExchange: `${host}.msv1.invalid`,
      preference: 32_767,
    },
  ];
};

function serviceRecords(part: string, domain: SimDomain, { switches }: SimWorld): TypedRecord[] | null {
  if (part !== 'serviceConfigurationRecords') return null;
  if (!domain.verified) {
    if (switches.unverifiedServiceRecords === 'not-found') throw notFound(domain.name);
    return [];
  }
  if (switches.serviceRecordsUnavailable) {
    const description = 'The records of this domain are not available yet.';
    return [
      {
        type: 'domainDnsUnavailableRecord',
        description,
        isOptional: false,
        label: domain.name,
        recordType: 'Unavailable',
      },
    ];
  }
  return domain.serviceRecords.map((record) => ({
    type: `domainDns${record.recordType.replace('CName', 'Cname')}Record`,
    ...record,
  }));
}

/** A domain that a managed tenant holds cannot be added; one of an unmanaged tenant can, and is taken over by verify. */
function add({ body }: SimRequest, { switches, random }: SimWorld, { domains }: DirectoryData): SimDomain {
  const { id } = parsed(creation, body);
  const known = domains.find(({ name }) => name.toLowerCase() === id.toLowerCase());
  if (known?.added) throw badRequest('Another object with the same value for property id already exists.');
  if (known?.otherTenant === 'managed') {
    const words = `Domain '${id}' is already verified by another tenant. It must be removed there before it can be added here.`;
    throw new SimError(switches.domainHeldStatus, 'Request_BadRequest', words);
  }
  if (known !== undefined) {
    known.added = true;
    return known;
  }
  const made = domainOf({ name: id, verified: false }, random);
  domains.push(made);
  return made;
}

async function verify({ body }: SimRequest, domain: SimDomain, { lookUpTxt }: DirectoryData): Promise<void> {
  if (domain.verified) return;
  const { forceTakeover = false } = body.length === 0 ? {} : parsed(verification, body);
  const refuse = (words: string): SimError =>
    new SimError(400, 'Request_BadRequest', `Domain verification failed with the following error: '${words}'`);
  if (domain.otherTenant === 'managed') throw refuse('The domain is already verified by another tenant.');
  if (domain.otherTenant === 'unmanaged' && !forceTakeover) {
    throw refuse('The domain is already verified by an unmanaged tenant; forceTakeover is needed.');
  }
  const found = lookUpTxt === null ? domain.published : (await lookUpTxt(domain.name)).includes(domain.proof);
  if (!found) throw refuse('DNS verification record cannot be found.');
  domain.verified = true;
}

function parsed<T>(schema: z.ZodType<T>, body: Buffer): T {
  try {
    const result = schema.safeParse(JSON.parse(body.toString()));
    if (result.success) return result.data;
  } catch {
    // Not JSON: the same answer.
  }
  throw badRequest(
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  );
}

const entity = ({ name, verified, isInitial }: SimDomain, domains: readonly SimDomain[]): Record<string, unknown> => ({
  id: name,
  authenticationType: 'Managed',
  availabilityStatus: null,
  isAdminManaged: true,
  isDefault: isDefault(name, domains),
  isInitial,
  isRoot: true,
  isVerified: verified,
  supportedServices: verified ? ['Email', 'OfficeCommunicationsOnline'] : [],
  passwordValidityPeriodInDays: null,
  passwordNotificationWindowInDays: null,
  state: null,
});
