import { MxodusError } from '@mxodus/model';

/** What went wrong, for a sentence that goes on: no code, no advice. */
export function errorText(error: unknown): string {
  if (error instanceof MxodusError) return `${error.what} (${error.why})`;
  return error instanceof Error ? error.message : String(error);
}
