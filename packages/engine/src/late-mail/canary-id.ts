/** The Message-ID of a test mail: `<mxodus-canary.ID@DOMAIN>`. */
export const canaryMessageId = (id: string, domain: string): string => `<mxodus-canary.${id}@${domain}>`;

/** The id of the test mail with this Message-ID; null: it is none of ours. */
export function canaryOf(messageId: string | null): string | null {
  return (
    /^\s*<mxodus-canary\.([0-9a-z-]{1,64})@[^<>@\s]{1,255}>\s*$/i.exec(messageId ?? '')?.[1]?.toLowerCase() ?? null
  );
}
