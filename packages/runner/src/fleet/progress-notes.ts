import type { MailboxProgress } from '@mxodus/model';

const EVERY_MS = 2000;

/** Writes how far a mailbox is into the run book, every two seconds while something changes. */
export class ProgressNotes {
  readonly #now: () => Promise<MailboxProgress>;
  readonly #write: (progress: MailboxProgress) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #isDue = true;
  #isBusy = false;

  constructor(of: {
    now: () => MailboxProgress | Promise<MailboxProgress>;
    write: (progress: MailboxProgress) => Promise<void>;
    /** What is not written is no reason to stop: the next slice counts anew. */
    onError: (error: unknown) => void;
  }) {
    this.#now = async () => of.now();
    this.#write = of.write;
    this.#onError = of.onError;
    this.#timer = setInterval(() => {
      if (this.#isDue && !this.#isBusy) this.#note();
    }, EVERY_MS);
  }

  changed(): void {
    this.#isDue = true;
  }

  /** The last word, when nothing changes any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#isDue) this.#note();
    await this.#writing;
  }

  /** Nothing more is written. */
  async abandon(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  #note(): void {
    this.#isDue = false;
    this.#isBusy = true;
    this.#writing = this.#now()
      .then(this.#write)
      .catch(this.#onError)
      .finally(() => {
        this.#isBusy = false;
      });
  }
}
