import { z } from 'zod';
import { type Graph, GraphDoubt, GraphRefusal, graphPath, graphQuery } from '../graph/graph.ts';
import { parsed, refusalText } from './ask.ts';

/** The hidden folder of the probe. Its name is fixed: whatever an earlier probe left is found by it. */

export const PROBE_FOLDER = 'mxodus-probe';

const folderSchema = z.object({ id: z.string(), displayName: z.string() });
const idSchema = z.object({ id: z.string() });

const FOLDERS = graphQuery({ $top: 250, includeHiddenFolders: 'true', $select: 'id,displayName' });
const MESSAGES = graphQuery({ $top: 100, $select: 'id' });

const ROUNDS = 4;

export class ProbeFolder {
  readonly #graph: Graph;
  readonly #user: string;
  readonly #pause: (round: number) => Promise<void>;

  /** @param pause waits before another try, longer each time */
  constructor(graph: Graph, user: string, pause: (round: number) => Promise<void>) {
    this.#graph = graph;
    this.#user = user;
    this.#pause = pause;
  }

  /** Makes it; there must be none. Its id. */
  async make(): Promise<string> {
    for (let round = 1; ; round += 1) {
      try {
        const { body } = await this.#graph.send({
          method: 'POST',
          path: graphPath`/users/${this.#user}/mailFolders`,
          body: { displayName: PROBE_FOLDER, isHidden: true },
          repeat: 'once',
        });
        return parsed(idSchema, body, 'the new folder').id;
      } catch (error) {
        const exists = error instanceof GraphRefusal && error.code === 'ErrorFolderExists';
        if ((!exists && !(error instanceof GraphDoubt)) || round === ROUNDS) throw error;
        await this.#pause(round);
        const [made] = await this.#find();
        if (made !== undefined) return made;
      }
    }
  }

  /** Removes every folder of that name and what is in it, for good. Returns what could not be removed; null: nothing is left. */
  async clear(): Promise<string | null> {
    let words = '';
    for (let round = 1; round <= ROUNDS; round += 1) {
      const ids = await this.#find();
      if (ids.length === 0) return null;
      for (const id of ids) {
        const refused = await this.#remove(id);
        if (refused !== null) words = refused;
      }
      if (round > 1) await this.#pause(round - 1);
    }
    const left = await this.#find();
    return left.length === 0 ? null : `the hidden folder "${PROBE_FOLDER}"${words === '' ? '' : `: ${words}`}`;
  }

  async #remove(folder: string): Promise<string | null> {
    for await (const page of this.#graph.pages({
      path: graphPath`/users/${this.#user}/mailFolders/${folder}/messages` + MESSAGES,
    })) {
      for (const item of page) {
        const { id } = parsed(idSchema, item, 'a message');
        await this.#forGood(graphPath`/users/${this.#user}/messages/${id}/permanentDelete`);
      }
    }
    return this.#forGood(graphPath`/users/${this.#user}/mailFolders/${folder}/permanentDelete`);
  }

  /** Done twice is as good as once. null: it is gone, or nobody knows; the next look tells. */
  async #forGood(path: string): Promise<string | null> {
    try {
      await this.#graph.send({ method: 'POST', path, repeat: 'safe' });
      return null;
    } catch (error) {
      if (error instanceof GraphDoubt) return null;
      if (!(error instanceof GraphRefusal)) throw error;
      return error.status === 404 ? null : refusalText(error);
    }
  }

  async #find(): Promise<string[]> {
    const found: string[] = [];
    for await (const page of this.#graph.pages({ path: graphPath`/users/${this.#user}/mailFolders` + FOLDERS })) {
      for (const item of page) {
        const { id, displayName } = parsed(folderSchema, item, 'a folder');
        if (displayName.toLowerCase() === PROBE_FOLDER) found.push(id);
      }
    }
    return found;
  }
}
