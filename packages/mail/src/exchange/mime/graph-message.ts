import type { Alteration } from '@mxodus/model';

/** What a MIME message becomes in Exchange (Graph's message, the properties we set), before dates, flags and key are added. */
export interface GraphContent {
  /** Properties of the create, as Graph's JSON has them: subject, body, from, sender, toRecipients, ..., internetMessageId, importance. */
  message: Readonly<Record<string, unknown>>;
  /** Extended properties: headers, In-Reply-To, References, the date of sending. */
  properties: readonly ExtendedProperty[];
  attachments: readonly GraphAttachment[];
  /** What is lost or changed on the way, each once. */
  alterations: readonly Alteration[];
  /** Removes what was put to disk. */
  discard(): Promise<void>;
}

export interface ExtendedProperty {
  id: string;
  value: string;
}

/** A file attachment, decoded. `size` in bytes; `name` is never empty. */
export interface GraphAttachment {
  name: string;
  contentType: string;
  isInline: boolean;
  contentId: string | null;
  size: number;
  content: { kind: 'memory'; bytes: Buffer } | { kind: 'file'; path: string };
}

/** What decides about the writer: which kind of message it is. */
export interface MessageTraits {
  /** multipart/signed, application/pkcs7-mime (signed-data), PGP. */
  signed: boolean;
  encrypted: boolean;
  /** message/rfc822 inside message/rfc822. */
  deeplyNested: boolean;
  bytes: number;
}
