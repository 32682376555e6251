import type { Socket } from 'node:net';

/** Writes to a socket no faster than the other end takes it. */
export interface SocketOutput {
  write(bytes: Buffer | string): Promise<void>;
  /** Waits until nobody else writes; the function returned lets the next one. */
  acquire(): Promise<() => void>;
}

export function createSocketOutput(socket: Socket): SocketOutput {
  let last: Promise<void> = Promise.resolve();
  return {
    write: async (bytes) => {
      const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
      if (socket.destroyed || socket.writableEnded || buffer.length === 0 || socket.write(buffer)) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          socket.off('drain', go);
          socket.off('close', go);
          resolve();
        };
        socket.on('drain', go);
        socket.on('close', go);
      });
    },
    acquire: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = last;
      last = promise;
      await before;
      return resolve;
    },
  };
}
