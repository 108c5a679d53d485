import { Bearer } from "./bearer.js";
import { Caller } from "./call.js";
import { Cookies } from "./cookies.js";
import { type Logout, Telling } from "./logout.js";
import { complete, type Complete, type Options } from "./options.js";
import type { Session } from "./session.js";

// What a request was made from has to last as long as its answer: with it goes its signal (see Caller.send).
const holders = new WeakMap<Response, unknown>();

/**
 * Keeps one session: logs in, sends the access token along, gets a new one before it expires, logs out.
 * However many requests find the token due, one refresh is sent.
 */
export class Client {
  readonly #options: Complete;
  readonly #caller: Caller;
  readonly #telling = new Telling();
  readonly #session: Session;

  /** Throws a TypeError that names what is wrong with the options. */
  constructor(options: Options = {}) {
    this.#options = complete(options);
    const { server, mode, onLogout } = this.#options;
    this.#caller = new Caller(server, this.#options.fetch, mode === "cookie" ? "include" : "omit");
    if (onLogout !== undefined) this.#telling.add(onLogout);
    const How = mode === "cookie" ? Cookies : Bearer;
    this.#session = new How(this.#options, this.#caller, this.#telling);
  }

  /**
   * Begins a session. Throws Refused if there is no such active customer, or the password is wrong. more are
   * other fields of the log-in.
   */
  async login(name: string, password: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.#session.login({ ...more, [this.#options.loginField]: name, password });
  }

  /**
   * Sends a request as fetch does, with the access token if it is for the server or one of the origins, and
   * once more with another token where it is refused. A relative URL is below the server. Throws LoggedOut if
   * nobody is logged in. A body that is a stream is sent once.
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const signal = (init?.signal === undefined && input instanceof Request ? input.signal : init?.signal) ?? undefined;
    signal?.throwIfAborted();
    const answer = await this.#send(input, init, signal);
    holders.set(answer, [input, signal]);
    return answer;
  };

  async #send(input: string | URL | Request, init: RequestInit | undefined, signal: AbortSignal | undefined) {
    const request = new Request(typeof input === "string" ? this.#below(input) : input, init);
    const foreign = !this.#options.origins.has(new URL(request.url).origin);
    if (foreign || request.headers.has("Authorization")) {
      return this.#options.fetch(request, { signal: signal ?? null });
    }
    // The body of a Request can be read once; any other but a stream is there to be sent again.
    const spare = input instanceof Request && !streams(init?.body) ? request.clone() : undefined;
    const { url } = request;
    const first = await unless(signal, this.#session.prepare(request));
    const answer = await this.#caller.send(first.request, signal);
    if (!(await unless(signal, first.again(answer))) || streams(init?.body)) return answer;
    await answer.body?.cancel().catch(() => {}); // it may have broken off
    const second = await unless(signal, this.#session.prepare(spare ?? new Request(url, init)));
    return this.#caller.send(second.request, signal);
  }

  /** The address of a relative URL. */
  #below(url: string): URL {
    return new URL(/^\/(?!\/)/.test(url) ? this.#caller.address(url) : url, this.#caller.address("/"));
  }

  /** An access token that is good for a while, in bearer mode: for what does not go by fetch. */
  async token(): Promise<string> {
    if (!(this.#session instanceof Bearer)) throw new TypeError("no script can read the tokens in cookie mode");
    return this.#session.token();
  }

  /**
   * Ends the session at the server, and then forgets it. If the server cannot be reached it throws, and the
   * session goes on, so that it can be tried again.
   */
  logout(): Promise<void> {
    return this.#session.logout();
  }

  /** Ends all sessions of the customer, on other devices too. simplejwt has no such view. */
  logoutEverywhere(): Promise<void> {
    return this.#session.logoutEverywhere();
  }

  /** Drops the tokens without telling the server, where they stay good until they expire. */
  forget(): Promise<void> {
    return this.#session.forget();
  }

  /** Has a function told when the session is over; gives one that ends that. */
  onLogout(told: (logout: Logout) => void): () => void {
    return this.#telling.add(told);
  }

  /** Stops listening to other tabs, and tries to store what could not be stored. */
  close(): void {
    this.#session.close();
  }
}

/** Whether a body can be read once: a stream, of Node too. */
function streams(body: unknown): boolean {
  return body instanceof ReadableStream || (typeof body === "object" && body !== null && Symbol.asyncIterator in body);
}

/** Waits for what others may wait for too, until the signal of this caller ends that. */
function unless<T>(signal: AbortSignal | undefined, wanted: Promise<T>): Promise<T> {
  if (signal === undefined) return wanted;
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    wanted.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
