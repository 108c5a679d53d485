import type { Client } from "./client.js";

/** What axios makes: as much of it as an adapter needs, so that this package does not depend on it. */
interface Axios {
  defaults: { adapter?: unknown; env?: Record<string, unknown> | undefined; baseURL?: string | undefined };
}

/**
 * Has an instance of axios (1.12 or later) send its requests through a client: axios.create(), then this.
 * Everything else is as axios has it: errors, interceptors, progress, cancellation.
 */
export function attach<T extends Axios>(instance: T, client: Client): T {
  instance.defaults.adapter = "fetch";
  instance.defaults.env = { ...instance.defaults.env, fetch: client.fetch, Request, Response };
  return instance;
}
