import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { FetchRow } from './fetch-row.ts';
import type { ResponseCursor } from './response-cursor.ts';
import type { LiteralSink } from './response-framer.ts';
import { refusal, type SessionLine } from './session-line.ts';
import type { Listener } from './wire.ts';

export interface DownloadRequest {
  path: string;
  uid: number;
  file: string;
  uidValidity: number | undefined;
}

/** Large enough for the disk to be asked seldom. */
const FILE_BUFFER = 1024 * 1024;

/** Streams one body from the socket to a file. Returns its size in bytes; null: the server does not give it. */
export async function downloadBody(line: SessionLine, request: DownloadRequest): Promise<number | null> {
  const target = new FileTarget(line, request);
  const sent = await line.askFor(
    () => line.open(request.path, { mode: 'keep', bodies: true }),
    () => {
      const answer = line.answer(`UID FETCH ${request.uid} (UID ${line.wholeMessage})`, target);
      answer.catch(() => undefined);
      return answer;
    },
  );
  if (sent === null) return null;
  try {
    await sent.folder.opened;
    const answer = await sent.asked;
    line.sameUidValidity(sent.folder, request.uidValidity);
    if (answer.status !== 'OK') throw line.error(refusal(answer), 'FETCH');
  } catch (error) {
    target.discard();
    throw error;
  }
  try {
    return await target.complete();
  } catch (error) {
    throw line.error(error, 'FETCH');
  }
}

class FileTarget implements Listener {
  readonly #line: SessionLine;
  readonly #request: DownloadRequest;
  #file: WriteStream | undefined;
  #announced = 0;
  #written = 0;
  /** The row around the body was the one asked for. */
  #confirmed = false;

  constructor(line: SessionLine, request: DownloadRequest) {
    this.#line = line;
    this.#request = request;
  }

  literal(before: ResponseCursor, size: number): LiteralSink | null {
    const text = before.buffer.toString('latin1', before.position, before.end);
    if (this.#file !== undefined || !/^\* \d+ FETCH \(.*\b(BODY\[\](<0>)?|RFC822) *$/i.test(text)) return null;
    const uid = /\bUID (\d+)/i.exec(text)?.[1];
    if (uid !== undefined && Number(uid) !== this.#request.uid) return null;
    this.#announced = size;
    this.#begin();
    return { write: (bytes) => this.#write(bytes) };
  }

  row({ uid, section, body }: FetchRow): boolean {
    if (section !== 'message' || uid !== this.#request.uid) return false;
    if (body !== null && this.#file === undefined) {
      // A short body may come quoted.
      this.#announced = body.length;
      this.#begin();
      this.#write(body);
    }
    this.#confirmed = this.#file !== undefined;
    return true;
  }

  /** Everything was received: the size once it is in the file. */
  async complete(): Promise<number | null> {
    const file = this.#file;
    if (file === undefined) return null;
    file.end();
    await finished(file);
    return this.#confirmed && this.#written === this.#announced ? this.#written : null;
  }

  discard(): void {
    this.#file?.destroy();
    this.#line.wire.resume(this);
  }

  #begin(): void {
    const file = createWriteStream(this.#request.file, { highWaterMark: FILE_BUFFER });
    this.#file = file;
    const goOn = (): void => this.#line.wire.resume(this);
    file.on('drain', goOn);
    file.on('close', goOn);
    // What went wrong is thrown when all has come.
    file.on('error', goOn);
  }

  #write(bytes: Buffer): void {
    this.#written += bytes.length;
    const file = this.#file;
    if (file === undefined || file.destroyed) return;
    if (!file.write(bytes)) this.#line.wire.pause(this);
  }
}
