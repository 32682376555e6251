import { createHash } from 'node:crypto';
import { z } from 'zod';
import { deserialize } from '../mailbox/schema.ts';
import { mailboxOf } from '../mailbox/store.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import { checkAttachmentAccess } from './attachment-access.ts';
import { type MessagePath, objectNotFound } from './message-path.ts';

/** LARGE: above it there is no attachment. */
const MAXIMUM_BYTES = 150 * 1024 * 1024;

const attachmentItem = z.strictObject({
  '@odata.type': z.string().optional(),
  attachmentType: z.enum(['file', 'item', 'reference']),
  name: z.string().min(1),
  size: z.int().positive(),
  contentType: z.string().nullish(),
  isInline: z.boolean().nullish(),
  contentId: z.string().nullish(),
});
const sessionBody = z.union([
  z.strictObject({ AttachmentItem: attachmentItem }).transform((body) => body.AttachmentItem),
  z.strictObject({ attachmentItem }).transform((body) => body.attachmentItem),
]);

interface UploadSession {
  user: SimUser;
  /** The message, by the id that a move does not change; and its state when the session began. */
  immutableId: string;
  changeKey: string;
  attachment: z.infer<typeof attachmentItem>;
  authToken: string;
  expires: number;
  received: Buffer[];
  /** The next byte that is wanted. */
  next: number;
}

/**
 *   state      event                                        next       answer
 *   open       PUT that goes on where the last one ended    open       200, the next byte
 *   open       PUT with the last byte                       over       201 and Location; 412 where the message changed meanwhile
 *   open       PUT of any other range                       open       400 or 416
 *   open       DELETE                                       over       204
 *   open       its time has passed                          over       404
 *   over       anything                                     over       404
 */
export class UploadSessions {
  readonly #world: SimWorld;
  readonly #open = new Map<string, UploadSession>();
  #made = 0;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** POST .../attachments/createUploadSession */
  create({ user, item }: MessagePath, request: SimRequest): SimAnswer {
    checkAttachmentAccess(this.#world, request, item);
    const attachment = deserialize(sessionBody, request.body);
    const { switches } = this.#world;
    if (attachment.attachmentType !== 'file') {
      throw new SimError(400, 'ErrorInvalidArgument', 'Only file attachments can be uploaded.');
    }
    if (attachment.size < switches.uploadMinimumBytes) {
      const words = 'Attachment size should not be less than minimum size.';
      throw new SimError(400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', words);
    }
    if (attachment.size > Math.min(MAXIMUM_BYTES, user.maxMessageBytes)) {
      const words = 'The message exceeds the maximum supported size.';
      throw new SimError(switches.messageSizeStatus, 'ErrorMessageSizeExceeded', words);
    }
    this.#made += 1;
    const secret = createHash('sha512').update(`${this.#world.tenant}\n${item.immutableId}\n${this.#made}`).digest();
    const id = secret.toString('base64url', 0, 30);
    const expires = this.#world.now().getTime() + switches.uploadLifetimeSeconds * 1000;
    const { immutableId, changeKey } = item;
    const authToken = `eyJ${secret.toString('base64url', 30)}`;
    this.#open.set(id, { user, immutableId, changeKey, attachment, authToken, expires, received: [], next: 0 });
    const path = `api/v2.0/Users('${user.id}')/Messages('${item.id}')/AttachmentSessions('${id}')`;
    return {
      status: 201,
      body: {
        '@odata.context': `${request.origin}/${request.version}/$metadata#microsoft.graph.uploadSession`,
        uploadUrl: `${request.preauthenticatedOrigin}/${path}?authtoken=${authToken}`,
        expirationDateTime: sevenDigits(expires),
        nextExpectedRanges: ['0-'],
      },
    };
  }

  /** Requests to the pre-authenticated address. null: not its path. */
  answer(request: SimRequest): SimAnswer | null {
    const id = /^AttachmentSessions\('([^']*)'\)$/.exec(request.segments.at(-1) ?? '')?.[1];
    if (request.segments[0] !== 'api' || id === undefined) return null;
    if (request.headers.authorization !== undefined) {
      throw new SimError(
        401,
        'InvalidAuthenticationToken',
        'An Authorization header must not be sent to this address.',
      );
    }
    const session = this.#open.get(id);
    if (session === undefined || session.authToken !== request.query.get('authtoken')) throw objectNotFound();
    if (this.#world.now().getTime() >= session.expires) {
      this.#open.delete(id);
      throw objectNotFound();
    }
    switch (request.method) {
      case 'GET':
        return progress(session);
      case 'DELETE':
        this.#open.delete(id);
        return { status: 204 };
      case 'PUT':
        return this.#put(id, session, request);
      default:
        return { status: 405, headers: { allow: 'GET, PUT, DELETE' } };
    }
  }

  #put(id: string, session: UploadSession, { headers, body, segments, preauthenticatedOrigin }: SimRequest): SimAnswer {
    const { switches, limits } = this.#world;
    if (body.length >= limits.requestBytes) return { status: 413 };
    const { size } = session.attachment;
    const [, first, last, total] =
      /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
    const rightSize = Number(total) === size && Number(last) - Number(first) + 1 === body.length && Number(last) < size;
    if (total === undefined || !rightSize || body.length === 0) {
      throw new SimError(400, 'ErrorInvalidArgument', 'The Content-Range header does not fit the upload.');
    }
    if (Number(first) !== session.next) {
      const words = 'The range does not begin where the last one ended.';
      throw new SimError(switches.uploadOutOfOrderStatus, 'InvalidContentRange', words);
    }
    session.received.push(body);
    session.next += body.length;
    if (session.next < size) return progress(session);
    this.#open.delete(id);
    const attachmentId = this.#attach(session);
    const message = segments.slice(0, -1).join('/');
    return {
      status: 201,
      headers: { location: `${preauthenticatedOrigin}/${message}/Attachments('${attachmentId}')` },
    };
  }

  #attach({ user, immutableId, changeKey, attachment, received }: UploadSession): string {
    const store = mailboxOf(this.#world, user);
    const item = store.lookups.immutableId(immutableId);
    if (item === undefined) throw objectNotFound();
    if (item.changeKey !== changeKey) {
      const words =
        'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.';
      throw new SimError(412, 'ErrorIrresolvableConflict', words);
    }
    const id = store.newAttachmentId();
    const { name, contentType, isInline, contentId } = attachment;
    const added = {
      kind: 'file' as const,
      id,
      name,
      contentType: contentType ?? null,
      isInline: isInline ?? false,
      contentId: contentId ?? null,
      contentLocation: null,
      modified: store.now(),
      bytes: Buffer.concat(received),
    };
    store.change(item, { attachments: [...item.attachments, added] });
    return id;
  }
}

/** Letters and form differ from the answer that made the session. */
const progress = ({ expires, next }: UploadSession): SimAnswer => ({
  status: 200,
  body: { ExpirationDateTime: sevenDigits(expires), nextExpectedRanges: [String(next)] },
});

/** 2026-11-22T10:00:00.0000000Z */
export const sevenDigits = (ms: number): string => new Date(ms).toISOString().replace('Z', '0000Z');
