import type { Caller } from "./caller.js";
import { LoggedOut, Refused, Unavailable, Unexpected } from "./errors.js";
import { Flights } from "./flights.js";
import type { Complete } from "./options.js";
import { Backoff, sleep } from "./retry.js";
import { asked, elsewhere, type Prepared, type Session, type Telling } from "./session.js";
import { memory, type Storage } from "./storage.js";
import { Life, same, type Tokens } from "./tokens.js";

// From one look to the next whether somebody else has stored a pair, in milliseconds.
const STORAGE_POLL = 50;

/** A session whose tokens the client has. */
export class Bearer implements Session {
  readonly #options: Complete;
  readonly #caller: Caller;
  readonly #telling: Telling;
  readonly #storage: Storage;
  readonly #flights = new Flights();
  #seen: Tokens | undefined; // the last that the storage was seen to have
  #bad = ""; // an access token that the server refused

  constructor(options: Complete, caller: Caller, telling: Telling) {
    this.#options = options;
    this.#caller = caller;
    this.#telling = telling;
    this.#storage = options.storage ?? memory();
    this.#storage.watch?.(() => {
      this.#seen = undefined;
      telling.out(elsewhere);
    });
  }

  async prepare(request: Request): Promise<Prepared> {
    const access = await this.token();
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${access}`);
    return {
      request: new Request(request, { headers }),
      again: async (answer) => {
        if (answer.status !== 401) return false;
        const { clock } = this.#caller;
        const young = clock.measured && new Life(access).young(clock.now());
        if (young && (await this.#storage.load())?.access === access) return false;
        this.#bad = access;
        return (await this.token()) !== access;
      },
    };
  }

  /**
   * An access token that is good for a while, by a refresh if need be. While the server cannot be reached, it
   * is the token at hand until that has expired.
   */
  async token(): Promise<string> {
    const held = this.#seen ?? (await this.#load());
    if (held === undefined) throw new LoggedOut();
    if (!this.#wants(held)) return held.access;
    try {
      await this.#flights.join(() => this.#refresh());
    } catch (error) {
      const usable = this.#bad !== held.access && !new Life(held.access).ended(this.#caller.clock.now());
      if (error instanceof Unavailable && usable) return held.access;
      throw error;
    }
    if (this.#seen === undefined) throw new LoggedOut();
    return this.#seen.access;
  }

  async login(fields: Record<string, unknown>): Promise<void> {
    const { paths, patience } = this.#options;
    const { access, refresh } = await retried(patience, () => this.#caller.ask(paths.login, patience, fields));
    if (access === undefined || refresh === undefined) throw new Unexpected(paths.login, 200, "");
    const next = { access, refresh };
    while (!(await this.#storage.replace(await this.#storage.load(), next)));
    this.#take(next);
  }

  logout(): Promise<void> {
    return this.#leave((held) => this.#blacklist(held));
  }

  async logoutEverywhere(): Promise<void> {
    await this.token();
    const { paths, attempt } = this.#options;
    return this.#leave(async ({ access }) => {
      await this.#caller.ask(paths.logoutAll, attempt, {}, { Authorization: `Bearer ${access}` });
    });
  }

  forget(): Promise<void> {
    return this.#leave(async () => {});
  }

  close(): void {
    this.#storage.close?.();
  }

  async #load(): Promise<Tokens | undefined> {
    const held = await this.#storage.load();
    if (held !== undefined) this.#take(held);
    return held;
  }

  #take(tokens: Tokens): void {
    this.#seen = tokens;
    this.#telling.in();
  }

  #over(logout: Parameters<Telling["out"]>[0]): void {
    this.#seen = undefined;
    this.#telling.out(logout);
  }

  /** Whether tokens are to be replaced before they are used. */
  #wants({ access }: Tokens): boolean {
    return access === "" || access === this.#bad || new Life(access).due(this.#caller.clock.now(), this.#options.early);
  }

  /** Replaces what the storage has, unless somebody else has done so. */
  async #refresh(): Promise<void> {
    const backoff = new Backoff(this.#options.patience);
    for (;;) {
      const held = await this.#storage.load();
      if (held === undefined) {
        this.#over(elsewhere);
        throw new LoggedOut();
      }
      if (!this.#wants(held)) return this.#take(held);
      let next: Tokens;
      try {
        next = await this.#ask(held);
      } catch (error) {
        if (error instanceof Refused) await this.#giveUp(held, error);
        else await backoff.after(error);
        continue;
      }
      // The commit guard: the answer counts if nobody has logged out or in meanwhile, or refreshed too.
      if (await this.#storage.replace(held, next)) return this.#take(next);
      // A log-out that reached the server before the refresh did may have missed the new pair.
      if ((await this.#storage.load()) === undefined) await this.#blacklist(next).catch(() => {});
    }
  }

  async #ask(held: Tokens): Promise<Tokens> {
    const { paths, attempt } = this.#options;
    const answer = await this.#caller.ask(paths.refresh, attempt, { refresh: held.refresh });
    if (answer.access === undefined) throw new Unexpected(paths.refresh, 200, "");
    return { access: answer.access, refresh: answer.refresh ?? held.refresh };
  }

  async #blacklist({ refresh }: Tokens): Promise<void> {
    await this.#caller.ask(this.#options.paths.blacklist, this.#options.attempt, { refresh });
  }

  /**
   * Ends a session whose refresh token was refused, unless another pair is there by now or soon: whoever
   * shares the storage may have spent the token a moment ago, and a server that gives no answer twice
   * refuses it to all others.
   */
  async #giveUp(held: Tokens, { cause, detail }: Refused): Promise<void> {
    const began = performance.now();
    while (this.#storage.shared && performance.now() - began < this.#options.attempt) {
      await sleep(STORAGE_POLL);
      if (!same(await this.#storage.load(), held)) return;
    }
    if (!(await this.#storage.replace(held, undefined))) return;
    this.#over({ reason: "refused", cause, detail });
    throw new LoggedOut();
  }

  /** Ends the session once no refresh is under way, and keeps others from beginning meanwhile. */
  #leave(end: (held: Tokens) => Promise<void>): Promise<void> {
    return this.#flights.alone(async () => {
      for (;;) {
        const held = await this.#storage.load();
        if (held === undefined) return this.#over(elsewhere);
        try {
          await retried(this.#options.patience, () => end(held));
        } catch (error) {
          if (!(error instanceof Refused)) throw error; // what the server refuses is no session
        }
        // Whoever shares the storage may have refreshed meanwhile; then the new pair is to end.
        if (await this.#storage.replace(held, undefined)) return this.#over(asked);
      }
    });
  }
}

async function retried<T>(patience: number, ask: () => Promise<T>): Promise<T> {
  for (const backoff = new Backoff(patience); ; ) {
    try {
      return await ask();
    } catch (error) {
      await backoff.after(error);
    }
  }
}
