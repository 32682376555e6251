import { randomUUID } from 'node:crypto';
import type { SimAnswer } from '../route.ts';

/** An error as Entra ID words it (RFC 6749 5.2 and AADSTS numbers). */
export class SignInError extends Error {
  readonly status: number;
  readonly error: string;
  readonly number: number;

  constructor(status: number, error: string, number: number, words: string) {
    super(words);
    this.status = status;
    this.error = error;
    this.number = number;
  }
}

export function signInAnswer(error: SignInError, now: Date, correlationId: string | null): SimAnswer {
  const trace = randomUUID();
  const correlation = correlationId ?? randomUUID();
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const description = `AADSTS${error.number}: ${error.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`;
  return {
    status: error.status,
    body: {
      error: error.error,
      error_description: description,
      error_codes: [error.number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${error.number}`,
    },
  };
}
