import { methodNotAllowed } from '../answers.ts';
import type { SimAnswer, SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import type { DirectoryData } from './directory.ts';
import type { SimDomain, SimLicence } from './rows.ts';
import { notFound, onlyOptions, selected } from './select.ts';

/** /organization, /organization/{tenant}, /subscribedSkus. */
export function organizationRoute(request: SimRequest, world: SimWorld, data: DirectoryData): SimAnswer | null {
  const { segments, query, method, origin, version } = request;
  const [root, id, below] = segments;
  if (below !== undefined) return null;
  if (method !== 'GET') throw methodNotAllowed('GET');
  onlyOptions(query, '$select');
  const context = `${origin}/${version}/$metadata#${root}`;
  if (root === 'subscribedSkus') {
    const value = data.licences.map((licence) => selected(sku(licence, world.tenant), query, 'subscribedSku'));
    return id === undefined ? { status: 200, body: { '@odata.context': context, value } } : null;
  }
  const entity = selected(organization(world, data), query, 'organization');
  if (id === undefined) return { status: 200, body: { '@odata.context': context, value: [entity] } };
  if (id.toLowerCase() !== world.tenant.toLowerCase()) throw notFound(id);
  return { status: 200, body: { '@odata.context': `${context}/$entity`, ...entity } };
}

const organization = ({ tenant }: SimWorld, { organization: displayName, domains }: DirectoryData) => ({
  id: tenant,
  displayName,
  countryLetterCode: 'GB',
  tenantType: 'AAD',
  verifiedDomains: domains
    .filter(({ added, verified }) => added && verified)
    .map(({ name, isInitial }) => ({
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: isDefault(name, domains),
      isInitial,
      name,
      type: 'Managed',
    })),
});

/** The first verified one. */
export const isDefault = (name: string, domains: readonly SimDomain[]): boolean =>
  domains.find(({ added, verified }) => added && verified)?.name === name;

const sku = ({ skuId, skuPartNumber, enabled, consumed, servicePlans }: SimLicence, tenant: string) => ({
  id: `${tenant}_${skuId}`,
  accountId: tenant,
  appliesTo: 'User',
  capabilityStatus: enabled > 0 ? 'Enabled' : 'Suspended',
  consumedUnits: consumed,
  prepaidUnits: { enabled, suspended: 0, warning: 0, lockedOut: 0 },
  skuId,
  skuPartNumber,
  servicePlans: servicePlans.map(({ id, name }) => ({
    servicePlanId: id,
    servicePlanName: name,
    provisioningStatus: 'Success',
    appliesTo: 'User',
  })),
});
