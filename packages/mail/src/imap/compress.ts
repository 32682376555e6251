import { type Duplex, type Readable, Writable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw } from 'node:zlib';

/** The two directions of a connection. */
export interface Directions {
  input: Readable;
  output: Writable;
}

/**
 * COMPRESS=DEFLATE (RFC 4978) for a connection that writes much: imapflow's own writer takes any amount at once (2.10.2), here a
 * write waits until the line takes it. Nothing else may be under way. The connection stays as it is when the server declines.
 *
 * @param signal aborts when the answer takes too long
 * @throws whatever ended the connection; the caller closes it
 */
export async function compressed(socket: Duplex, signal: AbortSignal): Promise<Directions> {
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  const rest = await ask(socket, signal);
  if (rest === null) return { input: socket, output: socket };
  const deflate = createDeflateRaw();
  // The socket ends both, and both end the socket.
  socket.on('error', (error) => inflate.destroy(error));
  socket.on('close', () => {
    deflate.destroy();
    if (!socket.readableEnded) inflate.destroy();
  });
  inflate.on('close', () => socket.destroy());
  deflate.on('error', (error) => socket.destroy(error));
  inflate.write(rest);
  socket.pipe(inflate);
  deflate.pipe(socket);
  return { input: inflate, output: flushing(deflate, socket) };
}

/** Each write is flushed: the server must see a whole command, and the writer waits for what the line does not take. */
function flushing(deflate: DeflateRaw, socket: Duplex): Writable {
  const write = (chunks: readonly Buffer[], done: () => void): void => {
    for (const chunk of chunks) deflate.write(chunk);
    deflate.flush(constants.Z_SYNC_FLUSH, done);
  };
  const output = new Writable({
    highWaterMark: 64 * 1024,
    decodeStrings: true,
    write: (chunk: Buffer, _, done) => write([chunk], done),
    writev: (chunks, done) =>
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('close', () => output.destroy());
  return output;
}

/** The bytes after the server's OK, which are compressed already; null when it declined. */
function ask(socket: Duplex, signal: AbortSignal): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const settle = (act: () => void) => {
      socket.off('data', onData).off('close', onClose).off('error', onError).pause();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onData = (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      const answer = /(?:^|\r\n)Z1 (OK|NO|BAD)\b[^\r\n]*\r\n/i.exec(got.toString('latin1'));
      if (answer === null) return;
      const rest = got.subarray(answer.index + answer[0].length);
      settle(() => resolve(answer[1]?.toUpperCase() === 'OK' ? rest : null));
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () =>
      onError(Object.assign(new Error('closed instead of COMPRESS'), { code: 'EConnectionClosed' }));
    const onAbort = () => onError(Object.assign(new Error('no answer to COMPRESS'), { code: 'ETIMEOUT' }));
    socket.on('data', onData).on('close', onClose).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.write('Z1 COMPRESS DEFLATE\r\n');
    socket.resume();
  });
}
