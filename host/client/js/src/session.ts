import type { Logout } from "./errors.js";

/** A session as the client uses it, wherever its tokens are. */
export interface Session {
  /** Gives what a request needs, refreshed first if need be. Throws LoggedOut. */
  prepare(request: Request): Promise<Prepared>;
  login(fields: Record<string, unknown>): Promise<void>;
  logout(): Promise<void>;
  logoutEverywhere(): Promise<void>;
  /** Drops the tokens without telling the server, where they stay good until they expire. */
  forget(): Promise<void>;
  close(): void;
}

/** A request that can be sent. */
export interface Prepared {
  request: Request;
  /** Called after an answer: whether the request is worth to be prepared, and sent, once more. */
  again(answer: Response): Promise<boolean>;
}

/** Tells of the end of a session, once. */
export class Telling {
  /** How many sessions have ended, as far as this client knows. */
  ends = 0;
  #in = false;
  readonly #told = new Set<(logout: Logout) => void>();

  /** Has a function called; gives one that ends that. */
  add(told: (logout: Logout) => void): () => void {
    this.#told.add(told);
    return () => this.#told.delete(told);
  }

  /** There is a session, so its end will be told. */
  in(): void {
    this.#in = true;
  }

  out(logout: Logout): void {
    this.ends++;
    if (!this.#in) return;
    this.#in = false;
    for (const told of [...this.#told]) {
      try {
        told(logout);
      } catch (error) {
        // It is an uncaught error of the page or program, as that of any listener; the others hear all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

export const asked: Logout = { reason: "asked", cause: "", detail: "" };
export const elsewhere: Logout = { reason: "elsewhere", cause: "", detail: "" };
