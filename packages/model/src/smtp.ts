/** The words of SMTP (RFC 5321) and the port through which the cutover asks the new mail hosts, and sends its canaries. */

/** One address of an MX host. */
export interface SmtpTarget {
  host: string;
  /** An IP address. */
  address: string;
  port: number;
}

/** The certificate a host showed after STARTTLS (RFC 3207). */
export interface SmtpCertificate {
  /** DNS names of the subject. */
  names: readonly string[];
  /** Milliseconds since the epoch. */
  validTo: number;
  /** null: trusted by the system and for this host; else why not. */
  fault: string | null;
  /** SHA-256 of the certificate and of its public key, hex: what TLSA records 3 0 1 and 3 1 1 name (RFC 6698). */
  sha256: string;
  publicKeySha256: string;
}

/** What a host says of itself before any mail. */
export type SmtpGreeting =
  | {
      kind: 'greeted';
      /** Host name in the banner and in the answer to EHLO. */
      banner: string;
      ehlo: string;
      /** EHLO keywords, upper case, with their parameters. */
      extensions: readonly string[];
      /** RFC 1870; null: not stated. */
      sizeLimit: number | null;
      /** null: no STARTTLS; a string: STARTTLS failed, and why. */
      tls: { version: string; certificate: SmtpCertificate } | string | null;
    }
  /** `blocked`: nothing answers at all, as where outgoing port 25 is filtered. */
  | { kind: 'unreachable'; blocked: boolean; why: string };

/**
 *   accepted  2xx
 *   refused   5xx
 *   later     4xx (greylisting, busy): inconclusive
 *   unasked   the host could not be reached, or ended the conversation: inconclusive
 */
export type RcptAnswer =
  | { kind: 'accepted' | 'refused' | 'later'; code: number; text: string }
  | { kind: 'unasked'; why: string };

/** What became of one mail. `unknown`: no answer came after the message was sent. */
export type SendAnswer =
  | { kind: 'accepted' | 'refused' | 'later'; code: number; text: string }
  | { kind: 'unreachable' | 'unknown'; why: string };

/** Never throws for what a server says or does; rejects only when `signal` aborts. */
export interface SmtpClient {
  greet(target: SmtpTarget, signal: AbortSignal): Promise<SmtpGreeting>;
  /**
   * Asks MAIL FROM:<> and RCPT for each address, then RSET and QUIT: no mail is sent. STARTTLS where it is offered. A few at a time, so
   * that no host takes it for an attack; one answer for each address.
   */
  recipients(
    target: SmtpTarget,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RcptAnswer>>;
  /** Sends one message to one recipient. `raw` has CRLF line ends. */
  send(target: SmtpTarget, mail: { from: string; to: string; raw: Buffer }, signal: AbortSignal): Promise<SendAnswer>;
}

/** What a domain says in its MTA-STS policy (RFC 8461); `none`: there is none at its address. */
export type MtaStsPolicy = { kind: 'policy'; text: string } | { kind: 'none' } | { kind: 'error'; why: string };
