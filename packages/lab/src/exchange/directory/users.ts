import { methodNotAllowed } from '../answers.ts';
import type { SimAnswer, SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import type { SimLicence } from './rows.ts';
import { notFound, onlyOptions, selected } from './select.ts';

const USUAL = ['businessPhones', 'displayName', 'givenName', 'jobTitle', 'mail', 'mobilePhone'].concat([
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
]);
const PAGE = 100;
const LARGEST_PAGE = 999;

/** /users, /users/{u}, licenseDetails, mailboxSettings. null: below them. */
export function userRoute(request: SimRequest, world: SimWorld, licences: readonly SimLicence[]): SimAnswer | null {
  const { segments, query, method, origin, version } = request;
  const [, name, part, below] = segments;
  if (part !== undefined && part !== 'licenseDetails' && part !== 'mailboxSettings') return null;
  if (method !== 'GET') throw methodNotAllowed('GET');
  const context = `${origin}/${version}/$metadata#users`;
  if (name === undefined) return listUsers(request, world, licences, context);

  const user = world.userOf(name);
  if (user === undefined) throw notFound(name);
  if (part === undefined) {
    onlyOptions(query, '$select');
    const body = {
      '@odata.context': `${context}/$entity`,
      ...selected(userEntity(user, licences), query, 'user', USUAL),
    };
    return { status: 200, body };
  }
  if (part === 'licenseDetails') {
    if (below !== undefined) return null;
    onlyOptions(query, '$select');
    const value = user.licensed ? licences.slice(0, 1).map((licence) => licenceEntity(licence, user)) : [];
    return { status: 200, body: { '@odata.context': `${context}('${user.id}')/licenseDetails`, value } };
  }
  return settings(user, below, query, `${context}('${user.id}')/mailboxSettings`);
}

function listUsers(
  { query, origin, version }: SimRequest,
  world: SimWorld,
  licences: readonly SimLicence[],
  context: string,
): SimAnswer {
  onlyOptions(query, '$select', '$top', '$skiptoken');
  const top = Math.min(LARGEST_PAGE, Number(query.get('$top') ?? PAGE));
  const skipped = Number(query.get('$skiptoken') ?? 0);
  const value = world.users
    .slice(skipped, skipped + top)
    .map((user) => selected(userEntity(user, licences), query, 'user', USUAL));
  const next = skipped + top;
  const link = new URLSearchParams([...query].filter(([name]) => name !== '$skiptoken'));
  link.set('$skiptoken', String(next));
  const more = next < world.users.length ? { '@odata.nextLink': `${origin}/${version}/users?${link}` } : {};
  return { status: 200, body: { '@odata.context': context, ...more, value } };
}

function userEntity(user: SimUser, licences: readonly SimLicence[]): Record<string, unknown> {
  const plans = user.licensed ? (licences[0]?.servicePlans ?? []) : [];
  return {
    id: user.id,
    businessPhones: [],
    displayName: user.displayName,
    givenName: null,
    jobTitle: null,
    mail: user.restEnabledFrom === null ? null : user.userPrincipalName,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: user.locale,
    surname: null,
    userPrincipalName: user.userPrincipalName,
    accountEnabled: user.accountEnabled,
    userType: 'Member',
    usageLocation: user.licensed ? 'GB' : null,
    mailNickname: user.userPrincipalName.split('@')[0],
    proxyAddresses:
      user.restEnabledFrom === null
        ? []
        : [`SMTP:${user.userPrincipalName}`, ...user.aliases.map((alias) => `smtp:${alias}`)],
    assignedLicenses: user.licensed ? licences.slice(0, 1).map(({ skuId }) => ({ disabledPlans: [], skuId })) : [],
    assignedPlans: plans.map(({ id }) => ({
      assignedDateTime: '2026-01-01T00:00:00Z',
      capabilityStatus: 'Enabled',
      service: 'exchange',
      servicePlanId: id,
    })),
  };
}

const licenceEntity = (licence: SimLicence, user: SimUser): Record<string, unknown> => ({
  id: Buffer.from(`${user.id}${licence.skuId}`).toString('base64url').slice(0, 43),
  skuId: licence.skuId,
  skuPartNumber: licence.skuPartNumber,
  servicePlans: licence.servicePlans.map(({ id, name }) => ({
    servicePlanId: id,
    servicePlanName: name,
    provisioningStatus: 'Success',
    appliesTo: 'User',
  })),
});

function settings(user: SimUser, below: string | undefined, query: URLSearchParams, context: string): SimAnswer | null {
  onlyOptions(query, '$select');
  if (below === 'userPurpose') {
    return { status: 200, body: { '@odata.context': `${context}/userPurpose`, value: user.userPurpose } };
  }
  if (below !== undefined) return null;
  const language = user.locale === 'de' ? { locale: 'de-DE', displayName: 'German (Germany)' } : ENGLISH;
  const entity = { timeZone: 'UTC', language, userPurpose: user.userPurpose };
  return { status: 200, body: { '@odata.context': context, ...selected(entity, query, 'mailboxSettings') } };
}

const ENGLISH = { locale: 'en-GB', displayName: 'English (United Kingdom)' };
