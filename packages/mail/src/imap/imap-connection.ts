import { readFile } from 'node:fs/promises';
import { MxodusError } from '@mxodus/model';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { connectError } from './imap-errors.ts';
import { DEFAULT_TIMEOUT_MS, type ImapAccountOptions, loginName } from './imap-options.ts';

/**
 * Connects and signs in. TLS is never optional: `starttls` fails when it is not offered (imapflow's own default would go on in
 * cleartext). Nothing is enabled that would change the server's answers: no IDLE, no UTF8=ACCEPT, no COMPRESS.
 */
export async function connectImap(options: ImapAccountOptions, signal: AbortSignal): Promise<ImapFlow> {
  signal.throwIfAborted();
  const password = await options.auth.password();
  const client = new ImapFlow(await flowOptions(options, password));
  // Errors reach us as rejections of the command under way; an 'error' event without a listener would end the process.
  let lastError: unknown;
  client.on('error', (error) => {
    lastError = error;
  });
  const abort = () => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    // imapflow forces the personal prefix onto every path; mxodus names folders as the server does.
    if (client.namespace) client.namespace = { ...client.namespace, prefix: '' };
    return client;
  } catch (error) {
    client.close();
    signal.throwIfAborted();
    throw connectError(withoutSecret(lastError ?? error, password), options);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Some servers say the command they refuse, password and all. */
function withoutSecret(error: unknown, secret: string): unknown {
  if (!(error instanceof Error) || secret === '') return error;
  for (const field of ['message', 'stack', 'responseText', 'response', 'executedCommand', 'reason']) {
    const text: unknown = Reflect.get(error, field);
    if (typeof text === 'string') Reflect.set(error, field, text.replaceAll(secret, '***'));
  }
  return error;
}

async function flowOptions(options: ImapAccountOptions, password: string): Promise<ImapFlowOptions> {
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    host: options.host,
    port: options.port,
    secure: options.tls === 'implicit',
    ...(options.tls === 'implicit' ? {} : { doSTARTTLS: options.tls === 'starttls' }),
    ...(options.ca === undefined ? {} : { tls: { ca: await readCa(options.ca) } }),
    auth: {
      user: loginName(options),
      pass: password,
      ...(options.auth.method === 'plain' ? { loginMethod: 'AUTH=PLAIN' } : {}),
    },
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableIMAP4rev2: true,
    disableCompression: true,
    disableBinary: true,
    clientInfo: { name: 'mxodus' },
    connectionTimeout: Math.min(timeout, 30_000),
    greetingTimeout: Math.min(timeout, 30_000),
    socketTimeout: timeout,
    maxLiteralSize: 512 * 1024 * 1024,
    maxLockHoldTime: false,
  };
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `the certificate file ${file} cannot be read`,
      why: error instanceof Error ? error.message : String(error),
      advice: 'correct `ca:` of the server',
      cause: error,
    });
  }
}
