import { SimError } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import type { IdMaker } from './ids.ts';
import type { SimFolder } from './item.ts';
import { called, LATER, PROVISIONED, reservedNames } from './well-known.ts';

const NAME_LENGTH = 255;

/** The folders of a mailbox: names, well-known names, limits. It knows nothing of messages. */
export class FolderTree {
  readonly #world: Pick<SimWorld, 'switches'>;
  readonly #user: Pick<SimUser, 'locale'>;
  readonly #ids: IdMaker;
  readonly #byId = new Map<string, SimFolder>();
  readonly #byWellKnownName = new Map<string, SimFolder>();
  readonly #byName = new Map<string, SimFolder>();

  constructor(world: Pick<SimWorld, 'switches'>, user: Pick<SimUser, 'locale'>, ids: IdMaker) {
    this.#world = world;
    this.#user = user;
    this.#ids = ids;
    for (const folder of PROVISIONED) this.provision(folder.name);
  }

  /** Every folder, parents first. */
  all(): Iterable<SimFolder> {
    return this.#byId.values();
  }

  /** By id or by well-known name (any case of letters). */
  find(idOrName: string): SimFolder | undefined {
    return this.#byId.get(idOrName) ?? this.#byWellKnownName.get(idOrName.toLowerCase());
  }

  /** A well-known folder that is always there. */
  known(name: string): SimFolder {
    const folder = this.#byWellKnownName.get(name);
    if (folder === undefined) throw new Error(`no folder is called ${name}`);
    return folder;
  }

  /** Makes a well-known folder where it is missing ("archive"). */
  provision(name: string): SimFolder {
    const there = this.#byWellKnownName.get(name);
    if (there !== undefined) return there;
    const wanted = [...PROVISIONED, ...LATER].find((folder) => folder.name === name);
    if (wanted === undefined) throw new Error(`${name} is not a well-known folder`);
    const parent = wanted.parent === null ? null : this.provision(wanted.parent);
    return this.#put(parent, called(wanted.called, this.#user.locale), { wellKnownName: name, isHidden: false });
  }

  /** Throws SimError: ErrorFolderExists, a bad name, too many, too deep. */
  add(parent: SimFolder, displayName: string, isHidden = false): SimFolder {
    const name = this.#admit(parent, displayName, null);
    const { childFolderLimit, folderDepthLimit } = this.#world.switches;
    if (parent.children.size >= childFolderLimit)
      throw refused('ErrorFolderSavePropertyError', 'The folder has too many subfolders.');
    if (this.#depth(parent) >= folderDepthLimit)
      throw refused('ErrorFolderSavePropertyError', 'The folder hierarchy is too deep.');
    return this.#put(parent, name, { wellKnownName: null, isHidden });
  }

  /** Throws SimError: ErrorFolderExists, a bad name. */
  rename(folder: SimFolder, displayName: string): void {
    const name = this.#admit(this.#parent(folder), displayName, folder);
    this.#unname(folder);
    folder.displayName = name;
    this.#name(folder);
  }

  /** `rename`: where the name is taken a number is put behind it, as Deleted Items does. Throws SimError. */
  move(folder: SimFolder, parent: SimFolder, collision: 'refuse' | 'rename'): void {
    for (let above: SimFolder | null = parent; above !== null; above = this.#parent(above)) {
      if (above === folder) throw refused('ErrorMoveCopyFailed', 'A folder cannot be moved into itself.');
    }
    let name = folder.displayName;
    for (let number = 1; collision === 'rename' && this.#taken(parent, name, folder); number += 1)
      name = `${folder.displayName}${number}`;
    this.#admit(parent, name, folder);
    this.#unname(folder);
    this.#parent(folder)?.children.delete(folder.id);
    folder.parentFolderId = parent.id;
    folder.displayName = name;
    parent.children.set(folder.id, folder);
    this.#name(folder);
  }

  /** With all below it; the folders that went, deepest first. */
  remove(folder: SimFolder): SimFolder[] {
    const gone = [...folder.children.values()].flatMap((child) => this.remove(child));
    this.#parent(folder)?.children.delete(folder.id);
    this.#unname(folder);
    this.#byId.delete(folder.id);
    if (folder.wellKnownName !== null) this.#byWellKnownName.delete(folder.wellKnownName);
    return [...gone, folder];
  }

  child(parent: SimFolder, displayName: string): SimFolder | undefined {
    return this.#byName.get(nameKey(parent.id, displayName));
  }

  /** From below msgfolderroot: ['Projects', 'A/B']. */
  path(folder: SimFolder): string[] {
    const parent = this.#parent(folder);
    return parent === null ? [] : [...this.path(parent), folder.displayName];
  }

  isBelow(folder: SimFolder, top: SimFolder): boolean {
    for (let above: SimFolder | null = folder; above !== null; above = this.#parent(above))
      if (above === top) return true;
    return false;
  }

  #parent(folder: SimFolder): SimFolder | null {
    return folder.parentFolderId === null ? null : (this.#byId.get(folder.parentFolderId) ?? null);
  }

  #depth(folder: SimFolder): number {
    let depth = 0;
    for (let above = this.#parent(folder); above !== null; above = this.#parent(above)) depth += 1;
    return depth;
  }

  #admit(parent: SimFolder | null, displayName: string, self: SimFolder | null): string {
    const name = displayName.trim();
    if (name === '') throw refused('ErrorInvalidArgument', 'The folder name is empty.');
    if (name.length > NAME_LENGTH) throw refused('ErrorInvalidArgument', 'The folder name is too long.');
    if (parent !== null && this.#taken(parent, name, self)) {
      const words = `A folder with the specified name already exists., Could not create folder '${name}'.`;
      throw new SimError(this.#world.switches.folderExistsStatus, 'ErrorFolderExists', words);
    }
    return name;
  }

  #taken(parent: SimFolder, name: string, self: SimFolder | null): boolean {
    const there = this.child(parent, name);
    if (there !== undefined && there !== self) return true;
    if (!this.#world.switches.reservedNamesCollide || parent.wellKnownName !== 'msgfolderroot') return false;
    return reservedNames(this.#user.locale).some((reserved) => fold(reserved) === fold(name));
  }

  #put(parent: SimFolder | null, displayName: string, kind: Pick<SimFolder, 'wellKnownName' | 'isHidden'>): SimFolder {
    const id = this.#ids.next('folder');
    const folder: SimFolder = {
      ...kind,
      id,
      parentFolderId: parent?.id ?? null,
      displayName,
      extended: new Map(),
      children: new Map(),
      unread: 0,
      counts: [],
    };
    this.#byId.set(id, folder);
    parent?.children.set(id, folder);
    if (kind.wellKnownName !== null) this.#byWellKnownName.set(kind.wellKnownName, folder);
    this.#name(folder);
    return folder;
  }

  #name(folder: SimFolder): void {
    this.#byName.set(nameKey(folder.parentFolderId, folder.displayName), folder);
  }

  #unname(folder: SimFolder): void {
    this.#byName.delete(nameKey(folder.parentFolderId, folder.displayName));
  }
}

const fold = (name: string): string => name.trim().normalize('NFC').toLowerCase();
const nameKey = (parentId: string | null, name: string): string => `${parentId ?? ''}\n${fold(name)}`;
const refused = (code: string, words: string): SimError => new SimError(400, code, words);
