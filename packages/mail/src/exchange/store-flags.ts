import type { RefusedFlags } from '@mxodus/model';
import { z } from 'zod';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import { expanding, extendedValues, valuesOf } from './extended-values.ts';
import { FLAG_PROPERTIES, type FlagChange, type FlagPatch, patchFor } from './flags.ts';
import { type BatchOutcome, type BatchPart, type GraphRefusal, graphPath, graphQuery } from './graph/graph.ts';
import { refusalToError } from './graph/refusal-to-error.ts';
import type { ExtendedProperty } from './mime/graph-message.ts';

/** Messages of one round; what was read of them is still true when it is written. */
const ROUND = 100;

const DOING = 'set flags';

/** How often a message that somebody changed meanwhile (412) is read and written again. */
const ATTEMPTS = 5;

const NEEDS_ADVANCED =
  'Microsoft lets an app change this after the creation of a message only with the permission Mail-Advanced.ReadWrite.All, from 2026-12-31 on';

/** What is read of a message before it is changed. */
const current = z.object({
  '@odata.etag': z.string().optional(),
  changeKey: z.string().nullish(),
  categories: z.array(z.string()).nullish(),
  singleValueExtendedProperties: extendedValues,
});

type Current = z.output<typeof current>;

/** One for each session: what the app is not allowed is tried once. */
export class FlagStore {
  readonly #mailbox: ExchangeMailbox;
  #mayChangeProperties = true;

  constructor(mailbox: ExchangeMailbox) {
    this.#mailbox = mailbox;
  }

  /** Returns what was not set. Messages that are gone are no trouble. */
  async change(items: ReadonlyMap<number, string>, change: FlagChange): Promise<RefusedFlags[]> {
    const patch = patchFor(change);
    const uids = [...items.keys()];
    const refused: RefusedFlags[] = patch.refused.map(({ flag, why }) => ({ uids, flags: [flag], why }));
    const notAllowed: number[] = [];
    const all = [...items];
    for (let start = 0; start < all.length; start += ROUND) {
      const round = all.slice(start, start + ROUND);
      if (Object.keys(patch.fixed).length > 0 || patch.categories !== null) await this.#plain(round, patch);
      if (patch.properties !== null) notAllowed.push(...(await this.#properties(round, patch)));
    }
    if (notAllowed.length > 0) refused.push({ uids: notAllowed, flags: patch.byProperties, why: NEEDS_ADVANCED });
    return uids.length === 0 ? [] : refused;
  }

  /** isRead, flag, categories: Mail.ReadWrite will do. */
  async #plain(round: readonly [number, string][], { fixed, categories }: FlagPatch): Promise<void> {
    const refused = await this.#patched(round, {
      reads: categories !== null,
      body: (now) => {
        const before = now?.categories ?? [];
        const after = categories?.(before) ?? before;
        const changes = after.length !== before.length || after.some((one, index) => one !== before[index]);
        if (changes) return { ...fixed, categories: after };
        return Object.keys(fixed).length > 0 ? fixed : null;
      },
    });
    const [first] = refused;
    if (first !== undefined) throw this.#trouble(first.error);
  }

  /** Returns the UIDs for which it is not allowed: the first message tells for all. */
  async #properties(round: readonly [number, string][], { properties }: FlagPatch): Promise<number[]> {
    const uidsOf = (some: readonly [number, string][]) => some.map(([uid]) => uid);
    const body = (now: Current | null): Record<string, unknown> | null => {
      const changed: ExtendedProperty[] =
        properties?.(valuesOf(now?.singleValueExtendedProperties, FLAG_PROPERTIES)) ?? [];
      return changed.length === 0 ? null : { singleValueExtendedProperties: changed };
    };
    const notAllowed: number[] = [];
    for (const some of [round.slice(0, 1), round.slice(1)]) {
      if (!this.#mayChangeProperties) {
        notAllowed.push(...uidsOf(some));
        continue;
      }
      for (const { uid, error } of await this.#patched(some, { reads: true, body })) {
        if (error.status !== 403) throw this.#trouble(error);
        this.#mayChangeProperties = false;
        notAllowed.push(uid);
      }
    }
    return notAllowed;
  }

  /** Reads where needed, and writes; again for those that were changed in between. Returns what was refused otherwise. */
  async #patched(
    items: readonly [number, string][],
    { reads, body }: { reads: boolean; body: (now: Current | null) => Record<string, unknown> | null },
  ): Promise<{ uid: number; error: GraphRefusal }[]> {
    const refused: { uid: number; error: GraphRefusal }[] = [];
    let left = items;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const now = reads ? await this.#read(left) : new Map<number, Current>();
      const parts: { item: [number, string]; part: BatchPart }[] = [];
      for (const item of left) {
        const seen = now.get(item[0]) ?? null;
        const given = reads && seen === null ? null : body(seen);
        if (given !== null) parts.push({ item, part: this.#part(item[1], given, seen) });
      }
      const outcomes = await this.#batch(parts.map(({ part }) => part));
      const again: [number, string][] = [];
      for (const [index, outcome] of outcomes.entries()) {
        const item = parts[index]?.item;
        if (item === undefined || outcome.kind === 'answered' || isGone(outcome.error)) continue;
        if (outcome.error.status === 412 && attempt < ATTEMPTS) again.push(item);
        else refused.push({ uid: item[0], error: outcome.error });
      }
      left = again;
    }
    return refused;
  }

  /** Those that are gone are left out. */
  async #read(items: readonly [number, string][]): Promise<Map<number, Current>> {
    const query = graphQuery({ $select: 'id,changeKey,categories', $expand: expanding(FLAG_PROPERTIES) });
    const outcomes = await this.#batch(
      items.map(([, id]) => ({ method: 'GET', path: `${this.#message(id)}${query}` })),
    );
    const rows = new Map<number, Current>();
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'answered') rows.set(items[index]?.[0] ?? 0, current.parse(outcome.answer.body));
      else if (!isGone(outcome.error)) throw this.#trouble(outcome.error);
    }
    return rows;
  }

  /** What was read and changed is only written over what was read. */
  #part(id: string, body: Record<string, unknown>, seen: Current | null): BatchPart {
    const etag = seen?.['@odata.etag'] ?? (seen?.changeKey ? `W/"${seen.changeKey}"` : undefined);
    const headers = etag === undefined ? {} : { headers: { 'If-Match': etag } };
    return { method: 'PATCH', path: this.#message(id), body, ...headers };
  }

  #batch(parts: readonly BatchPart[]): Promise<BatchOutcome[]> {
    if (parts.length === 0) return Promise.resolve([]);
    return told(this.#mailbox, DOING, () => this.#mailbox.graph.batch(parts));
  }

  #message(id: string): string {
    return graphPath`/users/${this.#mailbox.user}/messages/${id}`;
  }

  #trouble(error: GraphRefusal): Error {
    const { server, user } = this.#mailbox;
    return refusalToError(error, { server, user, doing: DOING });
  }
}
