/**
 * What both clocks of this machine show at a moment, in milliseconds: the one that can be set, and the one
 * that cannot but may stand still while the machine sleeps.
 */
export interface Reading {
  wall: number;
  run: number;
}

export function readClocks(): Reading {
  return { wall: Date.now(), run: performance.now() };
}

/**
 * How long ago another reading was. A wall clock that has been set back says too little, one that stood still
 * too; one that has been set ahead looks like one of a machine that slept.
 */
function since(now: Reading, earlier: Reading): number {
  return Math.max(now.wall - earlier.wall, now.run - earlier.run);
}

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
  #at: Reading | undefined; // when the last answer was received
  #low = 0; // the server was ahead by this much at least then, in milliseconds
  #high = 0;

  /** Takes an answer to a request that was sent, and received, at these moments; cached: perhaps from a cache. */
  heard(sent: Reading, received: Reading, headers: Headers, cached: boolean): void {
    const date = Date.parse(headers.get("Date") ?? "");
    const age = headers.get("Age") ?? "0"; // a cache had it for so long (RFC 9111 §5.1)
    if (Number.isNaN(date) || !/^\d{1,9}$/.test(age)) return;
    let low = date + Number(age) * 1000 - received.wall;
    let high = low + 1000 + since(received, sent);
    if (cached && high < this.#low) return;
    if (this.measured && low <= this.#high && high >= this.#low) {
      low = Math.max(low, this.#low);
      high = Math.min(high, this.#high);
    } // else a clock was set since
    this.#at = received;
    this.#low = low;
    this.#high = high;
  }

  /** Whether an answer has shown the server's clock. */
  get measured(): boolean {
    return this.#at !== undefined;
  }

  /** The time at the server. */
  now(): number {
    const now = readClocks();
    const wall = this.#at === undefined ? now.wall : this.#at.wall + since(now, this.#at);
    return wall + (this.#low + this.#high) / 2;
  }
}
