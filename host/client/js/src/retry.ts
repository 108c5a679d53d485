import { Unavailable } from "./errors.js";

/** A wait of so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * The waits from one attempt to the next: a quarter of a second that doubles, up to a second, half of it
 * by chance; longer where the server asks for it.
 */
export class Backoff {
  #failed = 0;
  readonly #end: number;

  /** All attempts have so many milliseconds. */
  constructor(patience: number) {
    this.#end = performance.now() + patience;
  }

  /** How long an attempt may take that has so many milliseconds at most. */
  within(attempt: number): number {
    return Math.min(attempt, Math.max(0, this.#end - performance.now()));
  }

  /** Waits after a failure, or throws it where it may not be repeated or no time is left. */
  async after(error: unknown): Promise<void> {
    if (!(error instanceof Unavailable)) throw error;
    const most = Math.min(250 * 2 ** this.#failed++, 1000);
    const wait = error.after + most / 2 + (Math.random() * most) / 2;
    if (performance.now() + wait >= this.#end) throw error;
    await sleep(wait);
  }

  /** Waits after others have replaced the stored tokens meanwhile. */
  crowded(): Promise<void> {
    return this.after(new Unavailable("others replace the stored tokens all the time"));
  }
}

/** Keeps a client from asking again at once after it has failed. */
export class Pause {
  #until = 0;
  #error: unknown;

  /** Whether the last refresh failed. */
  get failed(): boolean {
    return this.#error !== undefined;
  }

  get over(): boolean {
    return performance.now() >= this.#until;
  }

  /** Begins, as long as the server asked for. */
  rest(error: unknown): void {
    this.#until = performance.now() + 500 + Math.random() * 1000 + (error instanceof Unavailable ? error.after : 0);
    this.#error = error;
  }

  /** Ends it: there are new tokens. */
  end(): void {
    this.#until = 0;
    this.#error = undefined;
  }

  /** Throws the error of a pause that is not over. */
  check(): void {
    if (!this.over) throw this.#error;
  }
}

// The most that a server may ask for, in milliseconds.
const LONGEST_PAUSE = 3_600_000;

/** Reads Retry-After: seconds, or a date by the server's clock. In milliseconds, at most an hour. */
export function retryAfter(headers: Headers): number {
  const value = headers.get("Retry-After") ?? "";
  const wait = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), LONGEST_PAUSE);
}
