import type { Storage } from "./storage.js";
import { same, type Tokens } from "./tokens.js";

/**
 * A storage that may fail, because its disk is full, say. Until it can be written, the client has the new
 * tokens in memory: those that it has are spent at the server.
 */
export class Keeping {
  readonly #storage: Storage;
  #unkept: { old: Tokens | undefined; next: Tokens } | undefined; // a change that could not be made

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Whether a change is to be made. */
  get pending(): boolean {
    return this.#unkept !== undefined;
  }

  /** What the storage has, or would have if it could be written. */
  async load(): Promise<Tokens | undefined> {
    const unkept = this.#unkept;
    if (unkept === undefined) return this.#storage.load();
    const written = await this.replace(unkept.next, unkept.next).then(() => true, () => false);
    if (written) return this.#storage.load();
    const now = await this.#storage.load().catch(() => unkept.old);
    if (same(now, unkept.old)) return unkept.next;
    this.drop(); // somebody else could write
    return now;
  }

  /** Is Storage.replace, where held is what load has given. */
  async replace(held: Tokens | undefined, next: Tokens | undefined): Promise<boolean> {
    const replaced = await this.#storage.replace(this.#stored(held), next);
    this.drop();
    return replaced;
  }

  /** Has next count in place of held, although it could not be stored. */
  hold(held: Tokens, next: Tokens): void {
    this.#unkept = { old: this.#stored(held), next };
  }

  /** Forgets a change: the storage has been written since. */
  drop(): void {
    this.#unkept = undefined;
  }

  /** What the storage has where load gives held. */
  #stored(held: Tokens | undefined): Tokens | undefined {
    return this.#unkept !== undefined && same(this.#unkept.next, held) ? this.#unkept.old : held;
  }
}
