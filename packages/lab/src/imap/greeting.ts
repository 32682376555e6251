import { connect } from 'node:net';

/** The first line a server says, '' when there is none, or none that listens. */
export function greetingOf(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (line: string): void => {
      socket.destroy();
      resolve(line);
    };
    socket.once('data', (data) => answer(data.toString('latin1')));
    socket.once('error', () => answer(''));
    socket.once('end', () => answer(''));
    // Somebody else's server may have got the port in between, and say nothing.
    socket.setTimeout(2000, () => answer(''));
  });
}
