import { randomUUID } from 'node:crypto';
import { createRandom } from '../seed/random.ts';
import type { SimClock } from './clock.ts';
import type { DirectoryData } from './directory/directory.ts';
import { domainsOf, guidOf, licencesOf, userOf } from './directory/rows.ts';
import { DEFAULT_ROLES, type Exchange365Options } from './options.ts';
import { type AccessTokens, createAccessTokens } from './sign-in/access-tokens.ts';
import type { SignInApp } from './sign-in/sign-in.ts';
import { MICROSOFT_LIMITS, type SimUser, type SimWorld } from './sim-world.ts';
import { DEFAULT_SWITCHES } from './switches.ts';

export interface Tenant {
  world: SimWorld;
  tokens: AccessTokens;
  app: SignInApp;
  data: DirectoryData;
  /** Consented; changed by tests. */
  roles: { consented: readonly string[] };
}

/** Everything that options describe. `origin` is known once there is a port. */
export function createTenant(options: Exchange365Options, clock: SimClock, origin: string): Tenant {
  const random = createRandom(options.seed ?? 'exchange');
  const tenant = options.tenant ?? guidOf(random);
  const app: SignInApp = {
    clientId: options.app?.clientId ?? guidOf(random),
    secret: options.app?.secret ?? `secret~${randomUUID()}`,
    ...(options.app?.secretExpires === undefined ? {} : { secretExpires: options.app.secretExpires }),
    ...(options.app?.certificate === undefined ? {} : { certificate: options.app.certificate }),
  };
  const limits = { ...MICROSOFT_LIMITS, ...options.limits };
  const users = options.users.map((user) => userOf(user, tenant, random));
  const byName = namesOf(users);
  const { now } = clock;
  const lifetimeSeconds = (): number => limits.tokenLifetimeSeconds;
  const issuer = `${origin}/${tenant}/v2.0`;
  const tokens = createAccessTokens({ issuer, tenant, clientId: app.clientId, lifetimeSeconds, now });
  const world: SimWorld = {
    now,
    switches: { ...DEFAULT_SWITCHES, ...options.switches },
    random,
    tenant,
    limits,
    users,
    userOf: (name) => byName.get(name.toLowerCase()),
    tokens,
    mailboxes: new Map(),
  };
  const scoped = options.rbac?.roles ?? [];
  return {
    world,
    tokens,
    app,
    data: {
      organization: 'Example Ltd',
      domains: domainsOf(options, users, random),
      licences: licencesOf(options.licences, users, random),
      lookUpTxt: options.lookUpTxt ?? null,
    },
    roles: { consented: options.roles ?? DEFAULT_ROLES.filter((role) => !scoped.includes(role)) },
  };
}

function namesOf(users: readonly SimUser[]): Map<string, SimUser> {
  const names = users.flatMap((user) =>
    [user.id, user.userPrincipalName, ...user.aliases].map((name) => [name.toLowerCase(), user] as const),
  );
  return new Map(names);
}
