import type { SimRequest } from '../route.ts';

/** What a request prefers (RFC 7240; GRAPH/outlook-immutable-id, GRAPH/api/message-get). */
export interface Preferences {
  immutableIds: boolean;
  bodyType: 'text' | 'html';
  unsafeHtml: boolean;
}

export function preferencesOf(request: Pick<SimRequest, 'headers'>): Preferences {
  const prefer = request.headers.prefer ?? '';
  return {
    immutableIds: /\bIdType\s*=\s*"?ImmutableId"?/i.test(prefer),
    bodyType: /outlook\.body-content-type\s*=\s*"?text"?/i.test(prefer) ? 'text' : 'html',
    unsafeHtml: /outlook\.allow-unsafe-html/i.test(prefer),
  };
}
