import { LoggedOut } from "./errors.js";
import { Pause } from "./retry.js";

interface Flight {
  refresh: boolean; // else it is a log-out
  done: Promise<void>;
}

/**
 * Does one exchange with the token views at a time, for all who wait for it. It goes on when they give up:
 * a token may be spent at the server already.
 */
export class Flights {
  readonly pause = new Pause();
  #flight: Flight | undefined;

  /** Waits for the refresh that is under way, or begins one. After a failure it fails alike for a while. */
  async refreshed(refresh: () => Promise<void>): Promise<void> {
    this.pause.check();
    for (;;) {
      const flight = this.#fly(true, () => this.#resting(refresh));
      if (flight.refresh) return flight.done;
      await flight.done.catch(() => {}); // it is for whoever logs out
    }
  }

  /** Begins a refresh that nobody waits for, unless something is under way or a refresh has just failed. */
  begin(refresh: () => Promise<void>): void {
    if (this.pause.over) this.#fly(true, () => this.#resting(refresh)).done.catch(() => {});
  }

  /** Begins a log-out once nothing is under way. */
  async alone(work: () => Promise<void>): Promise<void> {
    while (this.#flight !== undefined) await this.#flight.done.catch(() => {});
    return this.#fly(false, work).done;
  }

  /** Begins an exchange, unless one is under way. */
  #fly(refresh: boolean, work: () => Promise<void>): Flight {
    this.#flight ??= {
      refresh,
      done: work().finally(() => {
        this.#flight = undefined;
      }),
    };
    return this.#flight;
  }

  async #resting(refresh: () => Promise<void>): Promise<void> {
    try {
      await refresh();
    } catch (error) {
      if (!(error instanceof LoggedOut)) this.pause.rest(error);
      throw error;
    }
  }
}
