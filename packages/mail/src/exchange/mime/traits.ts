import type { MessageTraits } from './graph-message.ts';

/** Lines that say what a part is; what they say may be folded onto the next line. */
const CONTENT_TYPE =
  /^content-type[ \t]*:[ \t]*(?:\r?\n[ \t]+)?"?([\w.+-]+\/[\w.+-]+)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gim;

/** What the types of the parts, from the outermost inwards, make of a message. Parameters as they are written. */
export function traitsOfTypes(types: readonly { type: string; parameters: string }[]): Omit<MessageTraits, 'bytes'> {
  let signed = false;
  let encrypted = false;
  let messages = 0;
  for (const { type, parameters } of types) {
    if (type === 'multipart/signed' || type === 'application/pgp-signature') signed = true;
    else if (type === 'multipart/encrypted' || type === 'application/pgp-encrypted') encrypted = true;
    else if (type === 'application/pkcs7-mime' || type === 'application/x-pkcs7-mime') {
      // RFC 8551 §3.5: certs-only and signed-data are readable by anyone, all else is opaque.
      if (/signed-data|certs-only/i.test(parameters)) signed = true;
      else encrypted = true;
    } else if (type === 'message/rfc822' || type === 'message/global') messages += 1;
  }
  return { signed, encrypted, deeplyNested: messages > 1 };
}

/**
 * A look at the header and the first bytes of the body.
 *
 * @param head the beginning of the message; the more the better, 64 KB are plenty
 * @param bytes the size of the whole message
 */
export function traitsOf(head: Buffer, bytes: number): MessageTraits {
  const types = [...head.toString('latin1').matchAll(CONTENT_TYPE)].map(([, type = '', parameters = '']) => ({
    type: type.toLowerCase(),
    parameters,
  }));
  return { ...traitsOfTypes(types), bytes };
}
