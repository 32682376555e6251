import { CUTOVER_STATES, type CutoverState, type JournalEntry, journalEntrySchema } from '@mxodus/model';
import { z } from 'zod';

/** What the simulation wants to know of a line that `cutover run --json` printed. */
export type RunLine =
  | { kind: 'entry'; entry: JournalEntry }
  | { kind: 'waiting'; state: CutoverState; text: string }
  | { kind: 'closed'; text: string }
  | { kind: 'error'; text: string }
  | { kind: 'state'; state: CutoverState };

const state = z.enum(CUTOVER_STATES);
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cutover_waiting'), state, waiting_for: z.string() }),
  z.object({
    type: z.literal('cutover_gates'),
    gates: z.array(z.object({ id: z.string(), name: z.string(), status: z.string(), why: z.string() })),
  }),
  z.object({ type: z.literal('error'), code: z.string(), what: z.string(), why: z.string() }),
  z.object({ type: z.literal('summary'), state: state.nullish() }),
]);

/** null: nothing of interest. */
export function readLine(line: unknown): RunLine | null {
  if (typeof line !== 'object' || line === null || !('type' in line)) return null;
  if (line.type === 'cutover_entry') {
    const { type: _type, v: _v, ...fields } = { v: 1, ...line };
    const entry = journalEntrySchema.safeParse(fields);
    return entry.success ? { kind: 'entry', entry: entry.data } : null;
  }
  const { data } = lineSchema.safeParse(line);
  switch (data?.type) {
    case undefined:
      return null;
    case 'cutover_waiting':
      return { kind: 'waiting', state: data.state, text: `waits for ${data.waiting_for}` };
    case 'cutover_gates': {
      const closed = data.gates.filter(({ status }) => status === 'red' || status === 'unknown');
      if (closed.length === 0) return null;
      return {
        kind: 'closed',
        text: closed.map(({ id, name, status, why }) => `${id} ${name} is ${status}: ${why}`).join('; '),
      };
    }
    case 'error':
      return { kind: 'error', text: `${data.code}: ${data.what} (${data.why})` };
    case 'summary':
      return data.state == null ? null : { kind: 'state', state: data.state };
  }
}
