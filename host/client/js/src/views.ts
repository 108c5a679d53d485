import type { Caller } from "./call.js";
import { Unexpected } from "./errors.js";
import type { Complete } from "./options.js";
import { Backoff } from "./retry.js";
import { sendable, type Tokens } from "./tokens.js";

/** What the token views are asked for by a client that has the tokens. Each throws as Caller.ask does. */
export class Views {
  readonly #options: Complete;
  readonly #caller: Caller;

  constructor(options: Complete, caller: Caller) {
    this.#options = options;
    this.#caller = caller;
  }

  /** What goes into the header Authorization. */
  authorization(access: string): string {
    return `${this.#options.scheme} ${access}`;
  }

  /** Logs in, by several attempts where the server cannot be reached. */
  async login(fields: Record<string, unknown>): Promise<Tokens> {
    const { paths, patience } = this.#options;
    for (const backoff = new Backoff(patience); ; ) {
      try {
        // Hashing takes its time, so one attempt may take all there is.
        const { access, refresh } = await this.#caller.ask(paths.login, backoff.within(patience), fields);
        if (!sendable(access) || refresh === "") throw new Unexpected(paths.login, 200, "");
        return { access, refresh };
      } catch (error) {
        await backoff.after(error);
      }
    }
  }

  /** Refreshes, by one attempt. The refresh token stays the same where they do not rotate. */
  async refresh(held: Tokens, backoff: Backoff): Promise<Tokens> {
    const { paths, attempt } = this.#options;
    const within = backoff.within(attempt);
    const { access, refresh } = await this.#caller.ask(paths.refresh, within, { refresh: held.refresh });
    if (!sendable(access)) throw new Unexpected(paths.refresh, 200, "");
    return { access, refresh: refresh || held.refresh };
  }

  /** Revokes a session. */
  async blacklist({ refresh }: Tokens): Promise<void> {
    await this.#caller.ask(this.#options.paths.blacklist, this.#options.attempt, { refresh });
  }

  /** Revokes all sessions of the customer. */
  async logoutAll({ access }: Tokens): Promise<void> {
    const { paths, attempt } = this.#options;
    await this.#caller.ask(paths.logoutAll, attempt, {}, { Authorization: this.authorization(access) });
  }
}
