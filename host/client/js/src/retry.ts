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

  /** Waits after a failure, or throws it where it may not be repeated or no time is left. */
  async after(error: unknown): Promise<void> {
    if (!(error instanceof Unavailable)) throw error;
    const most = Math.min(250 * 2 ** this.#failed++, 1000);
    const wait = error.after + most / 2 + (Math.random() * most) / 2;
    if (performance.now() + wait >= this.#end) throw error;
    await sleep(wait);
  }
}

/** Reads Retry-After: seconds, or a date by the server's clock. In milliseconds. */
export function retryAfter(headers: Headers): number {
  const value = headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.parse(headers.get("Date") ?? "");
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}
