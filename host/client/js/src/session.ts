/** A session as the client uses it, wherever its tokens are. */
export interface Session {
  /** Gives what a request needs, refreshed first if need be. Throws LoggedOut. */
  prepare(request: Request): Promise<Prepared>;
  login(fields: Record<string, unknown>): Promise<void>;
  logout(): Promise<void>;
  logoutEverywhere(): Promise<void>;
  /** Drops the tokens without telling the server, where they stay good until they expire. */
  forget(): Promise<void>;
  close(): void;
}

/** A request that can be sent. */
export interface Prepared {
  request: Request;
  /** Called after an answer: whether the request is worth to be prepared, and sent, once more. */
  again(answer: Response): Promise<boolean>;
}
