import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export type StoredContent = { kind: 'memory'; bytes: Buffer } | { kind: 'file'; path: string };

/** Keeps the decoded contents of the parts: in memory up to a sum of bytes, then each in a file of its own. */
export class PartStore {
  readonly #tempDir: string;
  readonly #left: { text: number; attachment: number };
  #directory: string | null = null;
  #files = 0;

  constructor(tempDir: string, memoryBytes: { text: number; attachment: number }) {
    this.#tempDir = tempDir;
    this.#left = { ...memoryBytes };
  }

  get files(): number {
    return this.#files;
  }

  sink(kind: 'text' | 'attachment'): PartSink {
    return new PartSink({
      take: (bytes) => {
        if (bytes > this.#left[kind]) return false;
        this.#left[kind] -= bytes;
        return true;
      },
      giveBack: (bytes) => {
        this.#left[kind] += bytes;
      },
      file: async () => {
        this.#directory ??= await mkdtemp(join(this.#tempDir, 'parts-'));
        return join(this.#directory, String(++this.#files));
      },
    });
  }

  async discard(): Promise<void> {
    const directory = this.#directory;
    this.#directory = null;
    if (directory !== null) await rm(directory, { recursive: true, force: true });
  }
}

interface Room {
  /** false: there is no room for so many bytes more. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
  file(): Promise<string>;
}

/** The content of one part while it comes in. */
export class PartSink {
  readonly #room: Room;
  #chunks: Buffer[] = [];
  #inMemory = 0;
  #file: { handle: FileHandle; path: string } | null = null;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Whether so many bytes more can stay in memory. */
  hasRoom(bytes: number): boolean {
    if (this.#file !== null || !this.#room.take(bytes)) return false;
    this.#room.giveBack(bytes);
    return true;
  }

  /** The beginning of what came, where it is in memory. */
  beginning(most: number): Buffer {
    const length = Math.min(most, this.#inMemory);
    let enough = 0;
    let chunks = 0;
    while (enough < length) enough += this.#chunks[chunks++]?.length ?? length;
    return Buffer.concat(this.#chunks.slice(0, chunks)).subarray(0, length);
  }

  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#file === null && this.#room.take(bytes.length)) {
      this.#inMemory += bytes.length;
      this.#chunks.push(bytes);
      return;
    }
    this.#file ??= await this.#toFile();
    await this.#file.handle.appendFile(bytes);
  }

  /** Copies what is in memory, so that no larger buffer stays alive behind it. */
  async end(): Promise<StoredContent> {
    if (this.#file === null) return { kind: 'memory', bytes: Buffer.concat(this.#chunks) };
    await this.#file.handle.close();
    return { kind: 'file', path: this.#file.path };
  }

  /** What came is not wanted. */
  async drop(): Promise<void> {
    this.#room.giveBack(this.#inMemory);
    this.#chunks = [];
    this.#inMemory = 0;
    if (this.#file === null) return;
    await this.#file.handle.close();
    await rm(this.#file.path, { force: true });
  }

  async #toFile(): Promise<{ handle: FileHandle; path: string }> {
    const path = await this.#room.file();
    const handle = await open(path, 'wx', 0o600);
    const file = { handle, path };
    this.#file = file;
    await handle.appendFile(Buffer.concat(this.#chunks));
    this.#room.giveBack(this.#inMemory);
    this.#chunks = [];
    this.#inMemory = 0;
    return file;
  }
}
