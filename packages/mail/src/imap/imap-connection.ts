import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { MxodusError } from '@mxodus/model';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { withoutSecrets } from '../auth/hide-secrets.ts';
import { assertSignedInAs, type SignIn, signInAgain, signInOf } from './auth/sign-in.ts';
import { compressed } from './compress.ts';
import { connectError } from './imap-errors.ts';
import { DEFAULT_TIMEOUT_MS, type ImapAccountOptions } from './imap-options.ts';
import { type Ending, Wire } from './wire.ts';

/** A signed-in connection that imapflow has given away; it still knows the server's facts and how names are written. */
export interface WireConnection {
  client: ImapFlow;
  wire: Wire;
}

export interface WireSettings {
  /** Makes the error that every command under way gets when the connection ends. */
  ended: (ending: Ending) => MxodusError;
  /** Small packets leave at once. */
  noDelay?: boolean;
}

/** Connects, signs in, and takes the connection over: any number of commands may be under way on it. */
export async function openWire(
  options: ImapAccountOptions,
  signal: AbortSignal,
  { ended, noDelay = false }: WireSettings,
): Promise<WireConnection> {
  const client = await connect(options, signal);
  const { socket } = client.unbind();
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  // From here on Wire watches for silence; the socket's own timeout is imapflow's.
  socket.setTimeout(0);
  if (noDelay && socket instanceof Socket) socket.setNoDelay(true);
  try {
    const compress = options.compress === true && client.capabilities.has('COMPRESS=DEFLATE');
    if (!compress) return { client, wire: new Wire(socket, socket, { timeoutMs, signal, ended }) };
    const soon = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const { input, output, gate } = await compressed(socket, soon);
    return { client, wire: new Wire(input, output, { timeoutMs, signal, ended, gate }) };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw connectError(error, options);
  }
}

/**
 * Connects and signs in. TLS is never optional: `starttls` fails when it is not offered (imapflow's own default would go on in
 * cleartext). Nothing is enabled that would change the server's answers: no IDLE, no UTF8=ACCEPT, no COMPRESS.
 */
async function connect(options: ImapAccountOptions, signal: AbortSignal): Promise<ImapFlow> {
  signal.throwIfAborted();
  const signIn = await signInOf(options, signal);
  try {
    return await connectWith(options, signIn, signal);
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'AUTH_FAILED') throw error;
    const again = await signInAgain(options, signIn, signal);
    if (again === null) throw error;
    return await connectWith(options, again, signal);
  }
}

async function connectWith(options: ImapAccountOptions, signIn: SignIn, signal: AbortSignal): Promise<ImapFlow> {
  const client = new ImapFlow(await flowOptions(options, signIn));
  // Errors reach us as rejections of the command under way; an 'error' event without a listener would end the process.
  let lastError: unknown;
  client.on('error', (error) => {
    lastError = error;
  });
  const abort = () => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    assertSignedInAs(options, client);
    // imapflow forces the personal prefix onto every path; mxodus names folders as the server does.
    if (client.namespace) client.namespace = { ...client.namespace, prefix: '' };
    return client;
  } catch (error) {
    client.close();
    signal.throwIfAborted();
    throw connectError(withoutSecrets(lastError ?? error, [signIn.secret]), options);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function flowOptions(options: ImapAccountOptions, { auth }: SignIn): Promise<ImapFlowOptions> {
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    host: options.host,
    port: options.port,
    secure: options.tls === 'implicit',
    ...(options.tls === 'implicit' ? {} : { doSTARTTLS: options.tls === 'starttls' }),
    ...(options.ca === undefined ? {} : { tls: { ca: await readCa(options.ca) } }),
    auth,
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
