/** Puts mail where a recipient reads it. */
export interface MailDelivery {
  /**
   * Returns when the message is there for good, with `arrivedAt` as the time it came. An error with a `responseCode` of 500 or more is a
   * refusal for good, any other one lets the sender try again.
   */
  deliver(recipient: string, message: Buffer, arrivedAt: Date): Promise<void>;
}
