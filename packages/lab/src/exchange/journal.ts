/** A request as it came and went. Of a $batch there is one entry for itself and one for each request inside. */
export interface JournalEntry {
  id: number;
  /** RFC 3339, by the clock of the service. */
  at: string;
  host: 'api' | 'preauthenticated';
  method: string;
  /** Without the query. */
  path: string;
  /** As sent, without "?"; of pre-authenticated addresses without the token. */
  query: string;
  inBatch: boolean;
  /** null: no answer was sent (yet). */
  status: number | null;
  /** The error code of the answer. */
  code: string | null;
  /** The fault that struck. */
  fault: number | null;
  authorization: boolean;
  /** Id of the user whose mailbox it is about. */
  user: string | null;
  clientRequestId: string | null;
  retryAttempt: string | null;
  requestBytes: number;
  answerBytes: number;
  /** Real time it took, milliseconds. */
  ms: number;
}

/** What the journal asks of a request. */
export interface JournaledRequest {
  host: JournalEntry['host'];
  method: string;
  headers: Readonly<Record<string, string>>;
  inBatch: boolean;
}

export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #began = new WeakMap<JournalEntry, number>();
  #lastId = 0;

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  begin(
    { host, method, headers, inBatch }: JournaledRequest,
    { path, queryText }: { path: string; queryText: string },
    now: Date,
  ): JournalEntry {
    this.#lastId += 1;
    const entry: JournalEntry = {
      id: this.#lastId,
      at: now.toISOString(),
      host,
      method,
      path,
      query: queryText.replace(/((?:auth)?token=)[^&]*/gi, '$1…'),
      inBatch,
      status: null,
      code: null,
      fault: null,
      authorization: headers.authorization !== undefined,
      user: null,
      clientRequestId: headers['client-request-id'] ?? null,
      retryAttempt: headers['retry-attempt'] ?? null,
      requestBytes: 0,
      answerBytes: 0,
      ms: 0,
    };
    this.#began.set(entry, performance.now());
    this.#entries.push(entry);
    return entry;
  }

  end(entry: JournalEntry, answerBytes: number): void {
    entry.answerBytes = answerBytes;
    entry.ms = Math.round(performance.now() - (this.#began.get(entry) ?? performance.now()));
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
