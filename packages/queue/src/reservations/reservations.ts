import type { ReservationMemory } from '@mxodus/model';

/**
 * Connections of servers, counted over all workers of a fleet: a job has those it needs at every server, or none.
 *
 *   state    meaning                                                    next
 *   (none)   not known                                                  held, waiting
 *   waiting  asked, and not all was free: it keeps what it needs from   held, (none) when it does not ask again for a while
 *            those that asked after it
 *   held     has all it needs; its holder renews it                     (none): given back, or lost with its holder
 */
export interface Reservations extends ReservationMemory {
  /**
   * True: the job has what it needs, also when it had it already. False: not yet; ask again, at the latest within the ttl, to keep the
   * place in the line. What is needed is clamped to the server's limit. Rejects with QUEUE_UNREACHABLE when Redis does not answer.
   *
   * @param needs connections by server key
   */
  take(jobId: string, needs: Readonly<Record<string, number>>): Promise<boolean>;
  /**
   * What the job has, or its place in the line. Never rejects for a Redis that is away: what could not be given back is given back when
   * it returns, or expires.
   */
  giveBack(jobId: string): Promise<void>;
  /** The job's connections expired while this process was out of touch, and others may have them: the job has to stop. */
  onLost(listener: (jobId: string) => void): void;
  /** Something was given back, by whichever worker: those that wait may ask again. Returns a function that stops listening. */
  onFree(listener: () => void): () => void;
  /** Gives back all this process has. The connection given stays open. */
  close(): Promise<void>;
}
