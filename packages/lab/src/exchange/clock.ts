/** The clock of the service: the given one (default the machine's), which tests move. */
export interface SimClock {
  now(): Date;
  advance(seconds: number): void;
  /** It goes on from there. */
  set(time: Date): void;
}

export function createClock(given: () => Date = () => new Date()): SimClock {
  let movedBy = 0;
  return {
    now: () => new Date(given().getTime() + movedBy),
    advance: (seconds) => {
      movedBy += seconds * 1000;
    },
    set: (time) => {
      movedBy = time.getTime() - given().getTime();
    },
  };
}
