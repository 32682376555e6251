import type { CutoverEvent } from '@mxodus/model';
import type { CutoverPorts } from '@mxodus/runner';

/** Ends a run where it would begin to wait; nothing was begun that is not finished. */
class StoppedAtWait extends Error {}

export const stoppedAtWait = (error: unknown): boolean => error instanceof StoppedAtWait;

/**
 * Ports and listener of a run that is over at its first wait: a wait is told before it begins, so the pause after it is the one not to
 * make. Pauses inside a pass are made.
 */
export function onceOnly<Event extends { type: string }>(
  ports: CutoverPorts,
  emit: (event: CutoverEvent | Event) => void,
): { ports: CutoverPorts; emit: (event: CutoverEvent | Event) => void } {
  let isWaiting = false;
  return {
    ports: {
      ...ports,
      sleep: async (ms, signal) => {
        if (isWaiting) throw new StoppedAtWait();
        await ports.sleep(ms, signal);
      },
    },
    emit: (event) => {
      if (event.type === 'cutover_waiting') isWaiting = true;
      emit(event);
    },
  };
}
