import { MxodusError } from '@mxodus/model';

/** Microsoft Entra's reasons (AADSTS...) as people need them: the admin step that is missing. */

interface Reason {
  why: string;
  advice: string;
}

const CREDENTIALS = 'Microsoft Entra admin center > App registrations > the app > Certificates & secrets';

const REASONS: Readonly<Record<string, Reason>> = {
  7000215: {
    why: 'the secret of the app is wrong: often the id of the secret was copied in place of its value',
    advice: `make a new client secret under ${CREDENTIALS}, and put its value (shown once) where \`credential.secret\` points`,
  },
  7000222: {
    why: 'the secret of the app has expired',
    advice: `make a new client secret under ${CREDENTIALS}, and put its value where \`credential.secret\` points`,
  },
  700016: {
    why: 'the tenant does not know the app: `client_id` is wrong, or the app was never granted admin consent in this tenant',
    advice:
      'check `client_id` (Application ID) and `tenant`; an app of another tenant needs the consent of an admin of this one first',
  },
  7000229: {
    why: 'the app has no service principal in the tenant: an admin has not granted consent',
    advice: 'grant admin consent under Microsoft Entra admin center > App registrations > the app > API permissions',
  },
  90002: {
    why: 'there is no such tenant in this cloud',
    advice:
      'check `tenant` (Directory ID, or a verified domain of it), and `authority` where the tenant is in a national cloud',
  },
  900023: {
    why: '`tenant` is neither the id of a tenant nor a domain of one',
    advice: 'set `tenant` to the Directory ID of Microsoft Entra admin center > Overview',
  },
  700027: {
    why: 'the certificate is not registered with the app, or it was and has expired or been removed',
    advice: `upload the certificate of \`credential.certificate\` under ${CREDENTIALS} > Certificates`,
  },
  700024: {
    why: 'the proof signed with the certificate is outside its time: the clock of this machine is wrong',
    advice: 'set the clock (NTP), then the same command',
  },
  7000112: {
    why: 'the app is disabled in the tenant',
    advice: 'enable it under Microsoft Entra admin center > Enterprise applications > the app > Properties',
  },
  500011: {
    why: 'the tenant has no service at `graph_url`: the address is of another cloud, or the tenant has no Microsoft 365',
    advice: 'check `graph_url` and `authority`: both must be of the cloud the tenant is in',
  },
  53003: {
    why: 'a Conditional Access policy for workload identities blocks the app',
    advice: 'let an admin exclude the app or this address under Microsoft Entra admin center > Conditional Access',
  },
};

const UNKNOWN: Reason = {
  why: 'see the words of Microsoft Entra',
  advice:
    'check `tenant`, `client_id` and `credential` of the server against the app registration; nothing was changed',
};

/** Codes that come instead of the ones above, depending on where it was noticed. */
const SAME_AS: Readonly<Record<string, string>> = {
  50012: '700027',
  700030: '700027',
  50001: '500011',
};

/** @param said `error` and `error_description`, without secrets */
export function signInRefused(said: string, where: string): MxodusError {
  const number = /AADSTS(\d+)/.exec(said)?.[1] ?? '';
  const { why, advice } = REASONS[SAME_AS[number] ?? number] ?? UNKNOWN;
  return new MxodusError('AUTH_FAILED', {
    what: `no access token: the sign-in service refused: ${said}`,
    why,
    advice,
    where,
  });
}
