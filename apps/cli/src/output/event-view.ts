/** Any event: `type` says which. */
export interface AnyEvent {
  type: string;
}

/** How one command shows what happens, to people. Values in, text out: streams and timers are the output's. */
export interface EventView<E extends AnyEvent = AnyEvent> {
  /** Learns of an event. The lines are worth keeping: they scroll by above the live block. */
  on(event: E, at: Date): string[];
  /** The live block of a terminal; each line is cut to the width. */
  block(at: Date, width: number): string[];
  /** Lines of a log file that are due by now, each with its own time. */
  due(at: Date): string[];
}

/** For commands that are done before anybody wonders. */
export const noEvents: EventView = { on: () => [], block: () => [], due: () => [] };
