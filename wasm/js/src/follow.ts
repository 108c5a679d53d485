import { BundleRefused } from "./refused.js";
import type { Verifier } from "./verifier.js";

export interface FollowOptions {
  /** Milliseconds from one look to the next; a tenth more or less, by chance. Default: 10,000. */
  interval?: number;
  /** Milliseconds after which a fetch is given up. Default: 10,000. */
  timeout?: number;
  /** The most bytes that a bundle may have. Default: 8 MiB, which is all that a verifier takes. */
  maxBytes?: number;
  /** Used in place of the global fetch, such as that of a service binding. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Told of each failure. The verifier goes on with what it has, for as long as that holds. Default: a
   * warning on the console, once until a look succeeds.
   */
  onError?: (error: unknown) => void;
}

// So many deltas are fetched one after the other, since a verifier keeps them all.
const MOST_DELTAS = 100;

const defaults = {
  interval: 10_000,
  timeout: 10_000,
  maxBytes: 8 << 20,
  fetch: (url: string, init: RequestInit) => fetch(url, init),
};

/**
 * Keeps a verifier's bundle fresh. It asks for what changed since the epoch that it has, and takes
 * nothing twice (RFC 9110 §13.1.2). While it gets nothing the bundle grows old, and past its end the
 * verifier refuses everything, unless the policy says otherwise.
 */
export class Follower {
  readonly #verifier: Verifier;
  readonly #url: string;
  readonly #options: FollowOptions & typeof defaults;
  #etag: string | undefined;
  #last = ""; // what was fetched last
  #deltas = 0; // since the whole bundle
  #begun: number | undefined; // when the look began that is under way
  #done = -Infinity; // when the last one ended
  #failed = false; // the last one
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(verifier: Verifier, url: string | URL, options: FollowOptions = {}) {
    this.#verifier = verifier;
    this.#url = String(url);
    this.#options = { ...defaults, ...options };
  }

  /** Looks now, and then again after each interval. The timer keeps no process alive. */
  start(): this {
    this.#timer ??= this.#later(0);
    return this;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Looks if it is time to. For hosts without timers, such as Workers: call it in each request before
   * verify, which then knows all that was revoked more than two intervals ago. Never throws.
   */
  async refreshIfDue(): Promise<void> {
    const { interval, timeout } = this.#options;
    const now = Date.now();
    const age = now - this.#done;
    if (age < interval) return;
    // One request looks for all others, but for a verifier that was idle. It may never come back.
    const underWay = this.#begun !== undefined && now - this.#begun < timeout;
    if (underWay && age < 2 * interval) return;
    await this.refresh();
  }

  /** Looks now. Never throws: what went wrong goes to onError. */
  async refresh(): Promise<void> {
    this.#begun = Date.now();
    try {
      const { epoch } = this.#verifier.status();
      await this.#look(epoch, epoch === 0 || this.#deltas === MOST_DELTAS);
      this.#failed = false;
    } catch (error) {
      const { onError } = this.#options;
      if (onError !== undefined) onError(error);
      else if (!this.#failed) console.warn(`edgetoken: the trust bundle stays as it was: ${error}`);
      this.#failed = true;
    } finally {
      this.#begun = undefined;
      this.#done = Date.now();
    }
  }

  /** Fetches what is newer than an epoch, 0 for anything: a whole bundle, or what it takes to get there. */
  async #look(epoch: number, whole: boolean): Promise<void> {
    const url = new URL(this.#url);
    if (!whole) url.searchParams.set("since", String(epoch));
    const etag = epoch > 0 ? this.#etag : undefined;
    const answer = await this.#options.fetch(url.href, {
      headers: etag === undefined ? {} : { "If-None-Match": etag },
      signal: AbortSignal.timeout(this.#options.timeout),
    });
    if (answer.status === 304) return;
    if (answer.status !== 200) {
      await answer.body?.cancel();
      const hint = answer.status === 404 ? ": does it have bundle.publish, and a key pair?" : "";
      throw new Error(`${url.href} answered ${answer.status}${hint}`);
    }
    const bundle = (await this.#read(answer)).trim();
    if (epoch > 0 && bundle === this.#last) return; // from a server without ETag
    try {
      this.#verifier.update(bundle);
    } catch (error) {
      const other = error instanceof BundleRefused && error.cause === "bundle_base";
      if (!other || whole) throw error;
      return this.#look(0, true); // the delta is of another bundle than ours
    }
    this.#deltas = whole ? 0 : this.#deltas + 1;
    this.#last = bundle;
    this.#etag = answer.headers.get("ETag") ?? undefined;
  }

  async #read(answer: Response): Promise<string> {
    const { maxBytes } = this.#options;
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for await (const chunk of chunks(answer)) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`${this.#url} gave more than ${maxBytes} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  #later(wait: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(async () => {
      await this.refresh();
      if (this.#timer !== timer) return; // stopped meanwhile
      this.#timer = this.#later(this.#options.interval * (0.9 + 0.2 * Math.random()));
    }, wait);
    if (typeof timer === "object" && "unref" in timer) timer.unref();
    return timer;
  }
}

// Not every runtime's ReadableStream can be iterated.
async function* chunks(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}
