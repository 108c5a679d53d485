import { Unavailable } from "./errors.js";

/** Does one exchange with the token views at a time, for all who wait for it. */
export class Flights {
  #flight: Promise<unknown> | undefined;
  #failure: { until: number; error: unknown } | undefined;

  /** Joins the exchange that is under way, or begins one. After a failure it fails alike for a while. */
  async join(work: () => Promise<void>): Promise<void> {
    if (this.#flight !== undefined) {
      await this.#flight;
      return;
    }
    if (this.#failure !== undefined && performance.now() < this.#failure.until) throw this.#failure.error;
    this.#failure = undefined;
    await this.#fly(async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof Unavailable) {
          const wait = error.after + 500 + Math.random() * 1000;
          this.#failure = { until: performance.now() + wait, error };
        }
        throw error;
      }
    });
  }

  /** Begins an exchange once none is under way. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#flight !== undefined) await this.#flight.catch(() => {});
    return this.#fly(work);
  }

  async #fly<T>(work: () => Promise<T>): Promise<T> {
    const flight = work();
    this.#flight = flight;
    try {
      return await flight;
    } finally {
      this.#flight = undefined;
    }
  }
}
