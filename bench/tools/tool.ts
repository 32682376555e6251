/** A program that copies a mailbox from one IMAP server to another. */
export interface Tool {
  name: string;
  /** Its own words on its version. */
  version: string;
  /** Starts it and lets it do nothing: what its passes cost before their first byte. */
  doNothing: Command;
  /** What of a message or folder its copy does not keep. */
  inexact: readonly ('bytes' | 'keywords' | 'subscriptions')[];
  prepare(task: CopyTask): Promise<Prepared>;
}

export interface Command {
  file: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
}

export interface CopyTask {
  /** A folder for its config and state. */
  home: string;
  source: Login;
  destination: Login;
}

export interface Login {
  port: number;
  user: string;
  password: string;
}

export interface Prepared {
  /** The first run copies, the next ones find nothing to do. */
  pass: Command;
  /** Work that goes before the first pass and is not in its time, s. */
  setUpSeconds: number;
}
