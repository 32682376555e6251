import v8 from 'node:v8';
import vm from 'node:vm';

const LOOK_EVERY_MS = 100;
const COLLECT_ABOVE_BYTES = 24 * 1024 * 1024;
/** Of 2, 4, 8 and 16 MiB, 8 is the fastest, and 16 holds 30 MB more (Node 26.10, 15,000 messages, 2026-11). */
const YOUNG_BYTES = 4 * 1024 * 1024;

/**
 * Keeps the memory of a long copy flat. Message bodies lie outside V8's heap, so V8 sees little reason to collect them: 80 MB of
 * dead ones at the peak of a first copy (Node 26.10, 2026-11). A collection costs about 25 ms and is due every 24 MB that stayed.
 * The young generation grows no further than it is of use; `bin/mxodus.mjs` asks for that too, where it is run as a command.
 */
export function collectDeadBuffers(): void {
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = vm.runInNewContext('gc');
  if (typeof collect !== 'function') return;
  let kept = 0;
  let growing = true;
  setInterval(() => {
    if (growing && youngBytes() >= YOUNG_BYTES) {
      v8.setFlagsFromString('--semi-space-growth-factor=1');
      growing = false;
    }
    if (process.memoryUsage().arrayBuffers < kept + COLLECT_ABOVE_BYTES) return;
    collect();
    kept = process.memoryUsage().arrayBuffers;
  }, LOOK_EVERY_MS).unref();
}

const youngBytes = (): number =>
  v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
