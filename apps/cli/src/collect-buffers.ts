import v8 from 'node:v8';
import vm from 'node:vm';

const LOOK_EVERY_MS = 100;
const COLLECT_ABOVE_BYTES = 32 * 1024 * 1024;

/**
 * Keeps the memory of a long copy flat. Message bodies lie outside V8's heap, so V8 sees little reason to collect them: 80 MB of
 * dead ones at the peak of a first copy (Node 26.10, 2026-11). A collection costs about 10 ms and is due every 32 MB or so.
 */
export function collectDeadBuffers(): void {
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = vm.runInNewContext('gc');
  if (typeof collect !== 'function') return;
  let kept = 0;
  setInterval(() => {
    if (process.memoryUsage().arrayBuffers < kept + COLLECT_ABOVE_BYTES) return;
    collect();
    kept = process.memoryUsage().arrayBuffers;
  }, LOOK_EVERY_MS).unref();
}
