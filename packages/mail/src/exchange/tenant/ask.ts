import { type Fact, MxodusError } from '@mxodus/model';
import type { z } from 'zod';
import { GraphRefusal, type GraphRequest } from '../graph/graph.ts';

export const known = <T>(value: T): Fact<T> => ({ known: true, value });
export const unknown = (why: string): { known: false; why: string } => ({ known: false, why });

/** A question that only some apps may ask: what was refused is not known. `permission` is the one it needs. */
export async function factOf<T>(permission: string, ask: () => Promise<Fact<T>>): Promise<Fact<T>> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    if (error.status === 403) return unknown(`the app may not ask for it (${permission})`);
    return unknown(refusalText(error));
  }
}

/** "ErrorItemNotFound (404): The specified object was not found". */
export const refusalText = ({ code, status, message }: GraphRefusal): string =>
  `${code === '' ? 'an error without a code' : code} (${status})${message === '' ? '' : `: ${message}`}`;

export const get = (path: string): GraphRequest => ({ method: 'GET', path, repeat: 'safe' });

/** What came back has another form than Microsoft documents. */
export function parsed<T>(schema: z.ZodType<T>, body: unknown, what: string): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MxodusError('SERVER_ANSWER', {
    what: `Microsoft Graph told ${what} in a form mxodus does not know`,
    why:
      issue === undefined
        ? 'it is something else'
        : `at ${issue.path.map(String).join('.') || 'the top'}: ${issue.message}`,
    advice: 'report it; nothing was changed',
  });
}
