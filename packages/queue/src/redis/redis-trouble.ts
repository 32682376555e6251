import { MxodusError } from '@mxodus/model';

/** What Redis says when it does not know, or does not let in, who asks. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED|ERR invalid password|ERR AUTH|ERR Client sent AUTH|ERR DB index)/;

/** What node:tls says of a certificate. */
const CERTIFICATE = /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO_VERIFY/;

/** What went wrong between us and Redis, without its address, its user or its password. */
export function redisTrouble(error: unknown): MxodusError {
  if (error instanceof MxodusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // Not the error itself as its cause: one of ioredis has the command with it, and that of AUTH has the password.
  if (REFUSALS.test(message)) {
    return new MxodusError('QUEUE_REFUSED', {
      what: 'the Redis server of the queue refused this user',
      why: message.startsWith('ERR DB index')
        ? 'it has no database of this number'
        : `it says ${message.split(' ')[0] ?? ''}`,
      advice: 'check the user, the password and the number of the database in the connection string',
    });
  }
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (typeof code === 'string' && CERTIFICATE.test(code)) {
    return new MxodusError('QUEUE_REFUSED', {
      what: 'the certificate of the Redis server of the queue is not trusted',
      why: `${code}: it is expired, for another host, or not signed by a known authority`,
      advice: 'start mxodus with NODE_EXTRA_CA_CERTS=FILE where its authority is your own',
    });
  }
  return new MxodusError('QUEUE_UNREACHABLE', {
    what: 'the Redis server of the queue did not answer',
    why: whyNot(code, message),
    advice: 'look whether it runs, and whether its name, its port and `rediss://` in the connection string are right',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its port',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  EPIPE: 'the connection broke',
};

function whyNot(code: unknown, message: string): string {
  // The messages of the system have addresses in them.
  if (typeof code === 'string') return REASONS[code] ?? code;
  return message === '' ? 'the connection was closed' : message;
}
