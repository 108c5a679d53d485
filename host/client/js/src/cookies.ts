import { beginning, type Answer, type Caller } from "./call.js";
import { channel } from "./channel.js";
import { LoggedOut, Refused, Unexpected } from "./errors.js";
import { Flights } from "./flights.js";
import { asked, elsewhere, type Telling } from "./logout.js";
import type { Complete } from "./options.js";
import { Backoff } from "./retry.js";
import type { Prepared, Session } from "./session.js";

const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"];

interface Message {
  kind: "in" | "out" | "refreshed";
}

/**
 * A session whose tokens the browser has, in cookies that no script can read (cookies.enabled). The tabs of
 * an origin tell each other of log-ins, refreshes and log-outs.
 */
export class Cookies implements Session {
  readonly #options: Complete;
  readonly #caller: Caller;
  readonly #telling: Telling;
  readonly #flights = new Flights();
  readonly #channel: BroadcastChannel;
  #csrf = "";
  #renewed = -Infinity; // when the access token came, as far as this tab has heard, in milliseconds since 1970
  #renewals = 0;
  #closed = false;

  constructor(options: Complete, caller: Caller, telling: Telling) {
    this.#options = options;
    this.#caller = caller;
    this.#telling = telling;
    this.#channel = channel(`edgetoken ${options.server.href}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Partial<Message> | null | undefined>) => {
      const kind = data?.kind;
      if (kind !== "in" && kind !== "out" && kind !== "refreshed") return; // of another script of the origin
      if (kind !== "refreshed") this.#csrf = "";
      if (kind === "out") telling.loggedOut(elsewhere);
      else this.#renew();
    };
  }

  async prepare(request: Request): Promise<Prepared> {
    const { lifetime, early, draw, server } = this.#options;
    if (lifetime !== undefined) {
      const left = this.#renewed + lifetime - Date.now();
      if (left < draw * Math.min(early, lifetime / 4) && left > -Infinity) await this.#refreshIfNeeded(left > 0);
    }
    const renewals = this.#renewals;
    const ours = new URL(request.url).origin === server.origin;
    const headers = new Headers(request.headers);
    const guarded = ours && !SAFE.includes(request.method);
    if (guarded) headers.set("X-CSRFToken", await this.#csrfToken());
    return {
      request: new Request(request, { headers, credentials: "include" }),
      again: async (answer) => {
        if (guarded && answer.status === 403) return this.#csrfFailed(answer);
        if (answer.status !== 401) {
          // So a page that was loaded learns of its session. After a log-out a view for anybody says nothing.
          if (ours && answer.ok && this.#telling.ends === 0) this.#telling.loggedIn();
          return false;
        }
        if (renewals === this.#renewals) await this.#refreshIfNeeded(false);
        return true;
      },
    };
  }

  async login(fields: Record<string, unknown>): Promise<void> {
    const { paths, patience } = this.#options;
    await this.#ask(paths.login, patience, fields);
    this.#csrf = ""; // it is a new one
    this.#renew();
    this.#say("in");
  }

  logout(): Promise<void> {
    return this.#leave(this.#options.paths.blacklist, none);
  }

  async logoutEverywhere(): Promise<void> {
    for (let last = false; ; last = true) {
      try {
        return await this.#leave(this.#options.paths.logoutAll);
      } catch (error) {
        if (last || !(error instanceof Refused)) throw error; // it is the access token that was
      }
      await this.#refreshIfNeeded(false);
    }
  }

  /** No script can delete the cookies. */
  async forget(): Promise<void> {
    throw new TypeError("the tokens are in cookies that no script can delete: log out");
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
  }

  #renew(): void {
    this.#renewed = Date.now();
    this.#renewals++;
    this.#flights.pause.end();
    this.#telling.loggedIn();
  }

  #say(kind: Message["kind"]): void {
    if (!this.#closed) this.#channel.postMessage({ kind } satisfies Message);
  }

  /** Refreshes. That is no failure, and nobody waits again for a server that is away, if the token at hand may do. */
  async #refreshIfNeeded(usable: boolean): Promise<void> {
    const refresh = () => this.#refresh();
    if (usable && this.#flights.pause.failed) return this.#flights.begin(refresh);
    try {
      await this.#flights.refreshed(refresh);
    } catch (error) {
      if (!usable || error instanceof LoggedOut) throw error;
    }
  }

  async #refresh(): Promise<void> {
    const { paths, attempt } = this.#options;
    const { ends } = this.#telling;
    const renewals = this.#renewals;
    try {
      await this.#ask(paths.refresh, attempt, {});
    } catch (error) {
      if (!none(error)) throw error;
      // Without a cookie the server says only that the field is missing.
      const { cause, detail } = error instanceof Refused ? error : { cause: "", detail: "" };
      this.#telling.loggedOut({ reason: "refused", cause, detail });
      throw new LoggedOut();
    }
    if (ends !== this.#telling.ends && renewals === this.#renewals) {
      // Another tab has logged out meanwhile, and the answer has brought cookies again.
      await this.#ask(paths.blacklist, attempt, {}).catch(() => {});
      throw new LoggedOut();
    }
    this.#renew();
    this.#say("refreshed");
  }

  /** Ends the session by a view, whose error may say that there is none. */
  #leave(path: string, over = (_: unknown) => false): Promise<void> {
    return this.#flights.alone(async () => {
      try {
        await this.#ask(path, this.#options.attempt, {});
      } catch (error) {
        if (!over(error)) throw error;
      }
      this.#csrf = "";
      this.#telling.loggedOut(asked);
      this.#say("out");
    });
  }

  /** Asks a token view with the CSRF token, a new one if that is refused, until the patience ends. */
  async #ask(path: string, within: number, body: object): Promise<Answer> {
    let fresh = false;
    for (const backoff = new Backoff(this.#options.patience); ; ) {
      try {
        return await this.#caller.ask(path, backoff.within(within), body, { "X-CSRFToken": await this.#csrfToken() });
      } catch (error) {
        if (!fresh && error instanceof Unexpected && error.status === 403) {
          fresh = true;
          this.#csrf = "";
          continue;
        }
        await backoff.after(error);
      }
    }
  }

  async #csrfToken(): Promise<string> {
    if (this.#csrf === "") {
      const { paths, attempt } = this.#options;
      try {
        this.#csrf = (await this.#caller.ask(paths.csrf, attempt, undefined)).csrftoken;
      } catch (error) {
        if (!(error instanceof Unexpected && error.status === 404)) throw error;
        throw new Unexpected(`GET ${paths.csrf}`, 404, "cookie mode needs a node with cookies.enabled");
      }
    }
    return this.#csrf;
  }

  /** Whether a 403 is about the CSRF token: another tab may have logged in, which makes a new one. */
  async #csrfFailed(answer: Response): Promise<boolean> {
    const text = await beginning(answer.clone());
    if (!text.includes("CSRF Failed")) return false;
    this.#csrf = "";
    return true;
  }
}

/** Whether a token view says, in JSON, that there is no session: it has no cookie (400), or refuses it. */
function none(error: unknown): error is Refused | Unexpected {
  if (error instanceof Refused) return true;
  return error instanceof Unexpected && error.status === 400 && error.answer !== undefined;
}
