/** Loaded before everything else: the wall clock of this process jumps. `?jumps=` of its address is JSON. */
export interface Jump {
  /** How often the clock was read before. */
  reads: number;
  byMs: number;
}

const jumps: readonly Jump[] = JSON.parse(new URL(import.meta.url).searchParams.get('jumps') ?? '[]');

const RealDate = Date;
const realNow = RealDate.now;
let reads = 0;
const shift = (): number => {
  reads += 1;
  return jumps.filter((jump) => reads > jump.reads).reduce((sum, { byMs }) => sum + byMs, 0);
};
const now = (): number => realNow() + shift();

globalThis.Date = new Proxy(RealDate, {
  construct: (date, given: unknown[]): Date => (given.length === 0 ? new date(now()) : Reflect.construct(date, given)),
  get: (date, name) => (name === 'now' ? now : Reflect.get(date, name)),
});
