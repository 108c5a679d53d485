// Error numbers of WASI preview 1.
const SUCCESS = 0;
const BADF = 8;

const NANOSECONDS = 1_000_000; // in a millisecond
const RANDOM_BYTES = 65_536; // that getRandomValues gives at most

/** Said instead of ending the process, when the guest's runtime gives up. */
export class Exit extends Error {}

/**
 * What Go's runtime asks of WASI, and no more: a real clock, real random bytes, and no file, argument
 * or environment. The module of node:wasi would do, but Workers, Deno and Bun don't have it whole.
 */
export class Wasi {
  #memory: WebAssembly.Memory | undefined;
  #slept = 0n; // nanoseconds

  /** Tells where the guest's memory is. The guest must not run before. */
  use(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  readonly imports = {
    args_get: () => SUCCESS,
    args_sizes_get: (count: number, bytes: number) => this.#nothing(count, bytes),
    environ_get: () => SUCCESS,
    environ_sizes_get: (count: number, bytes: number) => this.#nothing(count, bytes),
    sched_yield: () => SUCCESS,
    proc_exit: (code: number) => {
      throw new Exit(`the guest exited with ${code}`);
    },
    clock_time_get: (clock: number, _precision: bigint, to: number) => {
      this.#view.setBigUint64(to, this.#now(clock), true);
      return SUCCESS;
    },
    random_get: (to: number, size: number) => {
      for (let at = 0; at < size; at += RANDOM_BYTES) {
        crypto.getRandomValues(this.#bytes(to + at, Math.min(RANDOM_BYTES, size - at)));
      }
      return SUCCESS;
    },
    poll_oneoff: (subscriptions: number, events: number, count: number, happened: number) =>
      this.#sleep(subscriptions, events, count, happened),
    // What a guest prints is the trace of a crash, which is nobody's business outside.
    fd_write: (_fd: number, vectors: number, count: number, written: number) => {
      let size = 0;
      for (let i = 0; i < count; i++) size += this.#view.getUint32(vectors + 8 * i + 4, true);
      this.#view.setUint32(written, size, true);
      return SUCCESS;
    },
    fd_fdstat_get: (fd: number, to: number) => {
      if (fd > 2) return BADF;
      this.#bytes(to, 24).fill(0);
      this.#view.setUint8(to, 2); // a character device
      return SUCCESS;
    },
    fd_close: () => BADF,
    fd_read: () => BADF,
    fd_fdstat_set_flags: () => BADF,
    fd_prestat_get: () => BADF,
    fd_prestat_dir_name: () => BADF,
  };

  // A view is made for each use, since memory that grows leaves the old ones empty.
  get #view(): DataView {
    return new DataView(this.#memory!.buffer);
  }

  #bytes(at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory!.buffer as ArrayBuffer, at, size);
  }

  #nothing(count: number, bytes: number): number {
    this.#view.setUint32(count, 0, true);
    this.#view.setUint32(bytes, 0, true);
    return SUCCESS;
  }

  /** Nanoseconds: of Unix time for clock 0, else since some moment. */
  #now(clock: number): bigint {
    const ms = clock === 0 ? Date.now() : (globalThis.performance?.now() ?? Date.now());
    return BigInt(Math.round(ms * NANOSECONDS)) + this.#slept;
  }

  /**
   * Nobody can sleep here, so each wait is over at once and the clocks go on by its time. Where the
   * host's clock stands still during a request, as in Workers, the guest would else wait for ever.
   */
  #sleep(subscriptions: number, events: number, count: number, happened: number): number {
    const view = this.#view;
    for (let i = 0; i < count; i++) {
      const from = subscriptions + 48 * i;
      const to = events + 32 * i;
      view.setBigUint64(to, view.getBigUint64(from, true), true); // whose it is
      view.setUint16(to + 8, SUCCESS, true);
      view.setUint8(to + 10, view.getUint8(from + 8));
      if (view.getUint8(from + 8) !== 0) continue; // no clock
      const until = view.getBigUint64(from + 24, true);
      const absolute = view.getUint16(from + 40, true) === 1;
      const wait = absolute ? until - this.#now(view.getUint32(from + 16, true)) : until;
      if (wait > 0n) this.#slept += wait;
    }
    view.setUint32(happened, count, true);
    return SUCCESS;
  }
}
