/** Who may ask what: the token, the user and the mailbox that a path names, the roles for them. */
import { badRequest } from './answers.ts';
import { notFound } from './directory/select.ts';
import type { RbacOptions } from './options.ts';
import { accessDenied, checkRoles, isMailPath } from './permissions.ts';
import { SimError } from './route.ts';
import type { SimUser, SimWorld } from './sim-world.ts';

const CLOUD = 'https://graph.microsoft.com';

export interface Access {
  roles: readonly string[];
  /** Whose mailbox it is about. */
  user: SimUser | null;
}

export interface AccessRequest {
  method: string;
  segments: readonly string[];
  authorization: string | undefined;
}

export interface AccessRules {
  world: SimWorld;
  origin: string;
  rbac: RbacOptions | undefined;
}

/** The user whose limits a request counts for, whatever comes of it. */
export function mailboxOf(world: SimWorld, segments: readonly string[]): SimUser | null {
  const [root, second = '', , id = ''] = segments;
  if (isMailPath(segments)) return world.userOf(second) ?? null;
  if (root === 'admin' && second === 'exchange') return mailboxById(world, id);
  const name = /\b(?:Users|Mailboxes)\('([^']+)'\)/i.exec(root === 'api' ? segments.join('/') : '')?.[1];
  return name === undefined ? null : (world.userOf(name) ?? mailboxById(world, name));
}

const mailboxById = ({ users }: SimWorld, id: string): SimUser | null =>
  users.find(({ mailboxId }) => mailboxId.toLowerCase() === id.toLowerCase()) ?? null;

/** Throws 401. */
export function rolesOfToken(authorization: string | undefined, { world, origin }: AccessRules): readonly string[] {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized('Access token is empty.');
  const facts = world.tokens.verify(token);
  if (facts === 'malformed') throw unauthorized('Access token validation failure.');
  if (facts === 'expired') throw unauthorized('Lifetime validation failed, the token is expired.');
  if (![origin, CLOUD].includes(facts.audience.replace(/\/$/, ''))) {
    throw unauthorized('Access token validation failure. Invalid audience.');
  }
  return facts.roles;
}

/** Throws 403 and 404. */
export function checkAccess(request: AccessRequest, fromToken: readonly string[], rules: AccessRules): Access {
  const { segments, method } = request;
  const { world, rbac } = rules;
  const [root, name] = segments;
  if (root === 'me') throw badRequest('/me request is only valid with delegated authentication flow.');
  const user = mailboxOf(world, segments);
  const isInScope = user !== null && rbac?.mailboxes.some((address) => world.userOf(address) === user) === true;
  const isEffective = rbac?.effectiveFrom === undefined || world.now() >= rbac.effectiveFrom;
  const roles = isInScope && isEffective ? [...fromToken, ...(rbac?.roles ?? [])] : fromToken;
  checkRoles({ method, segments, roles });
  if (root === 'admin' && segments[1] === 'exchange' && segments[2] === 'mailboxes' && user === null) {
    throw accessDenied();
  }
  if (isMailPath(segments) && name !== undefined) checkMailbox(user, name, world);
  return { roles, user };
}

function checkMailbox(user: SimUser | null, name: string, { now, switches }: SimWorld): void {
  if (user === null) throw unknownMailbox(name, switches.unknownMailboxCode);
  if (user.restEnabledFrom !== null && user.restEnabledFrom <= now()) return;
  throw new SimError(
    404,
    'MailboxNotEnabledForRESTAPI',
    'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
  );
}

function unknownMailbox(name: string, code: SimWorld['switches']['unknownMailboxCode']): SimError {
  if (code === 'Request_ResourceNotFound') return notFound(name);
  if (code === 'ResourceNotFound') return new SimError(404, code, 'Resource could not be discovered.');
  if (code === 'ErrorInvalidUser') return new SimError(404, code, `The requested user '${name}' is invalid.`);
  return new SimError(404, code, 'No mailbox with such guid or address exists.');
}

export const unauthorized = (words: string): SimError =>
  new SimError(401, 'InvalidAuthenticationToken', words, {
    'www-authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"`,
  });
