import type { Caller } from "./call.js";
import type { ServerClock } from "./clock.js";
import { LoggedOut, Refused } from "./errors.js";
import { Flights } from "./flights.js";
import { asked, elsewhere, type Logout, type Telling } from "./logout.js";
import type { Complete } from "./options.js";
import { Backoff, sleep } from "./retry.js";
import type { Prepared, Session } from "./session.js";
import { memory, type Storage } from "./storage.js";
import { Life, same, sendable, type Tokens } from "./tokens.js";
import { Keeping } from "./unkept.js";
import { Views } from "./views.js";

// From one look to the next whether somebody else has stored a pair, in milliseconds.
const STORAGE_POLL = 50;

/** A session whose tokens the client has. */
export class Bearer implements Session {
  readonly #options: Complete;
  readonly #clock: ServerClock;
  readonly #views: Views;
  readonly #telling: Telling;
  readonly #storage: Storage;
  readonly #keeping: Keeping;
  readonly #flights = new Flights();
  #tokens: Tokens | undefined; // the last that the storage was seen to have
  #bad = ""; // an access token that the server refused

  constructor(options: Complete, caller: Caller, telling: Telling) {
    this.#options = options;
    this.#clock = caller.clock;
    this.#views = new Views(options, caller);
    this.#telling = telling;
    this.#storage = options.storage ?? memory();
    this.#keeping = new Keeping(this.#storage);
    this.#storage.watch?.(() => {
      this.#keeping.drop();
      this.#loggedOut(elsewhere);
    });
  }

  async prepare(request: Request): Promise<Prepared> {
    const access = await this.token();
    const headers = new Headers(request.headers);
    headers.set("Authorization", this.#views.authorization(access));
    return {
      request: new Request(request, { headers }),
      again: async (answer) =>
        answer.status === 401 && (await this.#refuse(access)) && (await this.token()) !== access,
    };
  }

  /**
   * An access token that is good for a while, by a refresh if need be. While the server cannot be reached, or
   * does not answer as it should, it is the token at hand until that has expired, and nobody waits any more.
   */
  async token(): Promise<string> {
    const held = await this.#held();
    if (!this.#wants(held)) return held.access;
    const refresh = () => this.#refresh();
    if (this.#flights.pause.failed && this.#usable(held)) {
      this.#flights.begin(refresh);
      return held.access;
    }
    try {
      await this.#flights.refreshed(refresh);
    } catch (error) {
      if (error instanceof LoggedOut || !this.#usable(held)) throw error;
      return held.access;
    }
    if (this.#tokens === undefined) throw new LoggedOut();
    return this.#tokens.access;
  }

  /** Whether tokens that are to be replaced may still do. */
  #usable({ access }: Tokens): boolean {
    return sendable(access) && access !== this.#bad && !new Life(access).ended(this.#clock.now());
  }

  /** The tokens that were seen last, else those of the storage. */
  async #held(): Promise<Tokens> {
    for (;;) {
      if (this.#tokens !== undefined) return this.#tokens;
      const { ends } = this.#telling;
      const held = await this.#storage.load();
      if (held === undefined) throw new LoggedOut();
      if (ends === this.#telling.ends) return this.#found(held);
    } // a session has ended since: it may be this one
  }

  /** Whether tokens are to be replaced before they are used. */
  #wants({ access }: Tokens): boolean {
    const { early, draw } = this.#options;
    return !sendable(access) || access === this.#bad || new Life(access).due(this.#clock.now(), early, draw);
  }

  /**
   * Notes that the server refused an access token, and says whether another one may fare better: not if it is
   * fresh, and the storage still has it.
   */
  async #refuse(access: string): Promise<boolean> {
    if (this.#clock.measured && new Life(access).young(this.#clock.now())) {
      const held = await this.#storage.load().catch(() => ({ access }));
      if (held?.access === access) return false;
    }
    this.#bad = access;
    return true;
  }

  /** Replaces what the storage has, unless somebody else has done so. */
  async #refresh(): Promise<void> {
    const backoff = new Backoff(this.#options.patience);
    for (let late = false; ; ) {
      const held = await this.#keeping.load();
      if (held === undefined) {
        this.#loggedOut(elsewhere);
        throw new LoggedOut();
      }
      if (!this.#wants(held)) return this.#loggedIn(held);
      if (late) {
        late = false;
        await backoff.crowded();
        continue;
      }
      let next: Tokens;
      try {
        next = await this.#views.refresh(held, backoff);
      } catch (error) {
        late = error instanceof Refused;
        if (error instanceof Refused) await this.#giveUp(held, error);
        else await backoff.after(error);
        continue;
      }
      if (await this.#keep(held, next)) return;
      late = true;
    }
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
      if (!same(await this.#keeping.load(), held)) return;
    }
    if (!(await this.#keeping.replace(held, undefined))) return;
    this.#loggedOut({ reason: "refused", cause, detail });
    throw new LoggedOut();
  }

  /**
   * Stores the answer to a refresh, and says whether it counts: not if the storage no longer has what was
   * sent (the commit guard). Then somebody has logged out or in meanwhile, or has refreshed the same token. If
   * nobody is logged in, the pair is revoked: a log-out that reached the server before the refresh did may
   * have missed it. A storage that fails does not end the session, since what was sent is spent.
   */
  async #keep(sent: Tokens, next: Tokens): Promise<boolean> {
    let kept = true;
    try {
      kept = await this.#keeping.replace(sent, next);
    } catch {
      this.#keeping.hold(sent, next);
    }
    if (kept) this.#loggedIn(next);
    else if ((await this.#keeping.load()) === undefined) await this.#views.blacklist(next).catch(() => {});
    return kept;
  }

  async login(fields: Record<string, unknown>): Promise<void> {
    const next = await this.#views.login(fields);
    const backoff = new Backoff(this.#options.patience);
    while (!(await this.#storage.replace(await this.#storage.load(), next))) await backoff.crowded();
    this.#keeping.drop();
    this.#loggedIn(next);
  }

  logout(): Promise<void> {
    return this.#leave((held) =>
      this.#views.blacklist(held).catch((error) => {
        if (!(error instanceof Refused)) throw error; // what the server refuses is no session
      }),
    );
  }

  async logoutEverywhere(): Promise<void> {
    for (let last = false; ; last = true) {
      await this.token();
      try {
        return await this.#leave((held) => this.#logoutAll(held));
      } catch (error) {
        if (last || !(error instanceof Refused)) throw error;
      }
    }
  }

  async #logoutAll(held: Tokens): Promise<void> {
    try {
      await this.#views.logoutAll(held);
    } catch (error) {
      if (error instanceof Refused) this.#bad = held.access; // no other session has ended
      throw error;
    }
  }

  forget(): Promise<void> {
    return this.#leave(async () => {});
  }

  /** Ends the session by ending, once no refresh is under way, and keeps others from beginning meanwhile. */
  #leave(ending: (held: Tokens) => Promise<void>): Promise<void> {
    return this.#flights.alone(async () => {
      const backoff = new Backoff(this.#options.patience);
      for (;;) {
        const held = await this.#keeping.load();
        if (held === undefined) return this.#loggedOut(elsewhere);
        this.#loggedIn(held);
        try {
          await ending(held);
        } catch (error) {
          await backoff.after(error);
          continue;
        }
        if (await this.#keeping.replace(held, undefined)) return this.#loggedOut(asked);
        await backoff.crowded(); // somebody has refreshed meanwhile: the new pair is to end
      }
    });
  }

  close(): void {
    if (this.#keeping.pending) this.#flights.alone(async () => void (await this.#keeping.load())).catch(() => {});
    this.#storage.close?.();
  }

  /** Notes a session of the storage. */
  #found(tokens: Tokens): Tokens {
    this.#tokens = tokens;
    this.#telling.loggedIn();
    return tokens;
  }

  /** Notes that there is a session, and that the server was there. */
  #loggedIn(tokens: Tokens): void {
    this.#found(tokens);
    this.#flights.pause.end();
  }

  #loggedOut(logout: Logout): void {
    this.#tokens = undefined;
    this.#telling.loggedOut(logout);
  }
}
