/**
 * Says what time it is at the server. It starts from the clock of this machine and measures with each
 * answer: the server's clock showed its Date, or up to a second later (RFC 9110 §6.6.1), at a moment
 * between the request and the answer. What several answers say is true at once, so the estimate grows
 * better than a second. Of another origin a browser shows the Date only with
 * Access-Control-Expose-Headers; without, the clock of this machine counts.
 *
 * The browser's cache shows the Date of long ago, without an Age. So what may come from it does not set the
 * clock back.
 */
export class ServerClock {
  measured = false;
  #low = 0; // the server is ahead by this much at least, in milliseconds
  #high = 0;

  /** Takes an answer to a request that was sent, and received, at these times; cached: perhaps from a cache. */
  heard(sent: number, received: number, headers: Headers, cached: boolean): void {
    const date = Date.parse(headers.get("Date") ?? "");
    const age = Number(headers.get("Age") ?? 0); // a cache had it for so long (RFC 9111 §5.1)
    if (!Number.isFinite(date) || !Number.isFinite(age)) return;
    let low = date + age * 1000 - received;
    let high = date + age * 1000 + 1000 - sent;
    if (cached && high < this.#low) return;
    if (this.measured && low <= this.#high && high >= this.#low) {
      low = Math.max(low, this.#low);
      high = Math.min(high, this.#high);
    } // else a clock was set since
    this.measured = true;
    this.#low = low;
    this.#high = high;
  }

  /** The time at the server. */
  now(): number {
    return Date.now() + (this.#low + this.#high) / 2;
  }
}
