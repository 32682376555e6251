import type { Fact, MailboxAnswer, Quota, TenantMailbox } from '@mxodus/model';
import { z } from 'zod';
import { type Graph, GraphRefusal, graphPath, graphQuery } from '../graph/graph.ts';
import { factOf, get, known, parsed, refusalText, unknown } from './ask.ts';

const userSchema = z.object({
  userPrincipalName: z.string(),
  mail: z.string().nullish(),
  proxyAddresses: z.array(z.string()).default([]),
  accountEnabled: z.boolean().nullish(),
});

const licencesSchema = z.object({
  value: z.array(
    z.object({
      servicePlans: z.array(z.object({ servicePlanName: z.string(), provisioningStatus: z.string() })).default([]),
    }),
  ),
});

const purposeSchema = z.object({ userPurpose: z.string() });

type DirectoryUser = z.output<typeof userSchema>;

const USER = graphQuery({ $select: 'id,mail,userPrincipalName,proxyAddresses,accountEnabled' });
const INBOX = graphQuery({ $select: 'id,totalItemCount' });

/** The service's words for "no such user", which it also says of one whose mailbox is not made yet (2026-11). */
const UNKNOWN_USER = new Set([
  'ErrorInvalidUser',
  'ErrorNonExistentMailbox',
  'Request_ResourceNotFound',
  'ResourceNotFound',
]);

/** EXCHANGE_S_FOUNDATION comes with almost every product and makes no mailbox; the archive is an addition to one. */
export const makesMailbox = (servicePlan: string): boolean =>
  /^EXCHANGE_[SBL]_/.test(servicePlan) && !/^EXCHANGE_S_(FOUNDATION|ARCHIVE)/.test(servicePlan);

export interface MailboxQuestion {
  user: string;
  /** About this mailbox. */
  mailbox: Graph;
  /** About the tenant. */
  directory: Graph;
  usage(userPrincipalName: string): Promise<Fact<Quota>>;
}

/** What directory, licences, settings, report and the mailbox itself say. Reads only. */
export async function lookAtMailbox({ user, mailbox, directory, usage }: MailboxQuestion): Promise<TenantMailbox> {
  const [found, licence, answer, purpose] = await Promise.all([
    directoryUser(directory, user),
    licenceOf(directory, user),
    answerOf(mailbox, user),
    purposeOf(mailbox, user),
  ]);
  const person = found.known ? found.value : null;
  const ofPerson = <T>(value: (of: DirectoryUser) => Fact<T>): Fact<T> => {
    if (!found.known) return found;
    return person === null ? unknown('the directory has no such user') : value(person);
  };
  return {
    user,
    answer,
    exists: found.known ? known(person !== null) : found,
    addresses: ofPerson((one) => known(addressesOf(one))),
    enabled: ofPerson(({ accountEnabled }) =>
      typeof accountEnabled === 'boolean' ? known(accountEnabled) : unknown('the directory does not say'),
    ),
    licence,
    purpose,
    usage: answer.kind === 'answers' ? await usage(person?.userPrincipalName ?? user) : unknown('no mailbox answers'),
    messageLimit: unknown('Microsoft Graph does not tell it; what is counted with is `limits.message` of the server'),
  };
}

const directoryUser = (graph: Graph, user: string): Promise<Fact<DirectoryUser | null>> =>
  factOf('User.Read.All', async () => {
    try {
      const { body } = await graph.send(get(graphPath`/users/${user}` + USER));
      return known(parsed(userSchema, body, `the user ${user}`));
    } catch (error) {
      if (error instanceof GraphRefusal && error.status === 404) return known(null);
      throw error;
    }
  });

const licenceOf = (graph: Graph, user: string): Promise<TenantMailbox['licence']> =>
  factOf<'active' | 'pending' | 'none'>('User.Read.All', async () => {
    const { body } = await graph.send(get(graphPath`/users/${user}/licenseDetails`));
    const plans = parsed(licencesSchema, body, `the licences of ${user}`).value.flatMap((one) => one.servicePlans);
    const states = plans.filter((plan) => makesMailbox(plan.servicePlanName)).map((plan) => plan.provisioningStatus);
    if (states.includes('Success')) return known('active');
    return known(states.some((state) => state.startsWith('Pending')) ? 'pending' : 'none');
  });

const purposeOf = (graph: Graph, user: string): Promise<Fact<string>> =>
  factOf('MailboxSettings.Read', async () => {
    const query = graphQuery({ $select: 'userPurpose' });
    const { body } = await graph.send(get(graphPath`/users/${user}/mailboxSettings` + query));
    return known(parsed(purposeSchema, body, `the settings of ${user}`).userPurpose);
  });

async function answerOf(graph: Graph, user: string): Promise<MailboxAnswer> {
  try {
    await graph.send(get(graphPath`/users/${user}/mailFolders/inbox` + INBOX));
    return { kind: 'answers' };
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    const words = refusalText(error);
    if (error.status === 403) return { kind: 'denied', words };
    if (error.code === 'MailboxNotEnabledForRESTAPI') return { kind: 'not-enabled', words };
    if (error.status === 404 && UNKNOWN_USER.has(error.code)) return { kind: 'unknown-user', words };
    if (error.status === 404) return { kind: 'not-enabled', words };
    throw error;
  }
}

/** proxyAddresses: "SMTP:" marks the primary one, "smtp:" the others; what is no mail address is left out. */
function addressesOf({ proxyAddresses, mail }: DirectoryUser): string[] {
  const ofKind = (prefix: string): string[] =>
    proxyAddresses.flatMap((entry) => (entry.startsWith(prefix) ? [entry.slice(prefix.length)] : []));
  const all = [...ofKind('SMTP:'), ...ofKind('smtp:')];
  return all.length === 0 && typeof mail === 'string' ? [mail] : all;
}
