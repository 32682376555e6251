import type { IdMaker } from './ids.ts';
import type { SimContent } from './item.ts';

const MESSAGE_ID = /<[^<>\s]+>/g;

/** Threads by Message-ID, In-Reply-To (0x1042) and References (0x1039), whichever message comes first. */
export class Conversations {
  readonly #byMessageId = new Map<string, string>();
  readonly #ids: IdMaker;

  constructor(ids: IdMaker) {
    this.#ids = ids;
  }

  of(content: SimContent): string {
    const names = [
      ...(content.references?.match(MESSAGE_ID) ?? []),
      ...(content.inReplyTo?.match(MESSAGE_ID) ?? []),
      content.internetMessageId,
    ];
    let found: string | undefined;
    for (const name of names) found ??= this.#byMessageId.get(name);
    const id = found ?? this.#ids.of('conversation', names[0] ?? '');
    for (const name of names) if (!this.#byMessageId.has(name)) this.#byMessageId.set(name, id);
    return id;
  }
}
