import { storedHtml } from '../../mailbox/html.ts';
import type { SimContent } from '../../mailbox/item.ts';
import type { MailboxStore } from '../../mailbox/store.ts';
import type { MimeContent } from './read-mime.ts';

/** As the store takes it: HTML rewritten, ids for the attachments. */
export function storedContent(content: MimeContent, store: MailboxStore): SimContent {
  const attachments = content.attachments.map((each) => ({ ...each, id: store.newAttachmentId() }));
  return { ...content, body: content.bodyType === 'html' ? storedHtml(content.body) : content.body, attachments };
}
