import { canonicalRecord, type Rrset, type RrType } from '@mxodus/model';
import { z } from 'zod';
import { quotedTxt, unquotedTxt } from '../../http/txt-strings.ts';
import type { FoundChange } from '../../http/zone-guard.ts';
import type { CloudflareRecord } from './cloudflare-client.ts';

/** Seconds: what `ttl: 1`, automatic, is served with. */
const AUTOMATIC_TTL = 300;

export interface CloudflareRrset extends Rrset {
  raw: readonly CloudflareRecord[];
}

export function readRrset(type: RrType, raw: readonly CloudflareRecord[]): CloudflareRrset {
  const ttl = Math.max(0, ...raw.map(ttlOf));
  return { ttl, records: raw.map((record) => textOf(type, record)).toSorted(), raw };
}

const ttlOf = ({ ttl }: CloudflareRecord): number => (ttl === 1 ? AUTOMATIC_TTL : ttl);

const srv = z.object({ priority: z.number(), weight: z.number(), port: z.number(), target: z.string() });
const tlsa = z.object({ usage: z.number(), selector: z.number(), matching_type: z.number(), certificate: z.string() });

/** Canonical text. */
function textOf(type: RrType, { content = '', priority, data }: CloudflareRecord): string {
  switch (type) {
    case 'MX':
      return canonicalRecord(type, `${priority ?? 0} ${content}`);
    case 'TXT':
      // Records of before the quotes were asked for are shown as they were written.
      return content.startsWith('"') ? unquotedTxt(content, 10) : content;
    case 'SRV': {
      const { data: parts } = srv.safeParse(data);
      return canonicalRecord(
        type,
        parts === undefined
          ? `${priority ?? 0} ${content}`
          : `${parts.priority} ${parts.weight} ${parts.port} ${parts.target}`,
      );
    }
    case 'TLSA': {
      const { data: parts } = tlsa.safeParse(data);
      const fields = parts && [parts.usage, parts.selector, parts.matching_type, parts.certificate];
      return canonicalRecord(type, fields?.join(' ') ?? content);
    }
    default:
      return canonicalRecord(type, content);
  }
}

/**
 * The operations that make the RRset what it is to be. A record that stays keeps its id, its comment and its proxy; one that goes gives
 * them to one that comes, so that they are still there after a rollback.
 */
export function operations(changes: readonly FoundChange<CloudflareRrset>[]): {
  deletes: object[];
  patches: object[];
  posts: object[];
} {
  const parts = changes.map(({ name, type, live, after }) => {
    const fields = (text: string): object => ({ name, type, ttl: after.ttl, ...contentOf(type, text) });
    const staying = live.raw.filter((record) => after.records.includes(textOf(type, record)));
    const going = live.raw.filter((record) => !staying.includes(record));
    const coming = after.records.filter((text) => !live.records.includes(text));
    return {
      deletes: going.slice(coming.length).map(({ id }) => ({ id })),
      patches: [
        ...staying
          .filter((record) => ttlOf(record) !== after.ttl)
          .map(({ id }) => ({ id, name, type, ttl: after.ttl })),
        ...going.slice(0, coming.length).map(({ id }, index) => ({ id, ...fields(coming[index] ?? '') })),
      ],
      posts: coming.slice(going.length).map(fields),
    };
  });
  return {
    deletes: parts.flatMap(({ deletes }) => deletes),
    patches: parts.flatMap(({ patches }) => patches),
    posts: parts.flatMap(({ posts }) => posts),
  };
}

function contentOf(type: RrType, text: string): object {
  const [first = '', second = '', third = '', fourth = ''] = text.split(' ');
  switch (type) {
    case 'MX':
      return { priority: Number(first), content: second };
    case 'TXT':
      return { content: quotedTxt(text, 10) };
    case 'SRV':
      return { data: { priority: Number(first), weight: Number(second), port: Number(third), target: fourth } };
    case 'TLSA':
      return {
        data: { usage: Number(first), selector: Number(second), matching_type: Number(third), certificate: fourth },
      };
    default:
      return { content: text };
  }
}
