/** Why a session is over. */
export interface Logout {
  /**
   * "asked": this client was told to. "elsewhere": another tab or process has logged out. "refused": the
   * server refused the refresh token. It has expired or was revoked: the password was changed, somebody
   * logged out everywhere, or two used the token, as if it was stolen.
   */
  reason: "asked" | "elsewhere" | "refused";
  /** What the server says in X-Auth-Error where it refused, such as "blacklisted"; "": nothing. */
  cause: string;
  /** The server's text for people where it refused. */
  detail: string;
}

export const asked: Logout = { reason: "asked", cause: "", detail: "" };
export const elsewhere: Logout = { reason: "elsewhere", cause: "", detail: "" };

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
  loggedIn(): void {
    this.#in = true;
  }

  loggedOut(logout: Logout): void {
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
