import { Follower, type FollowOptions } from "./follow.js";
import { Guest } from "./guest.js";
import { load } from "#module";
import type { Policy } from "./policy.js";
import { BundleRefused, PolicyError, Refused } from "./refused.js";
import { Signatures } from "./signatures.js";

/** The claims of a token (RFC 7519 §4). Numbers beyond 2^53 lose digits: see verifyText. */
export interface Claims {
  iss?: string;
  sub?: string;
  aud?: string | string[];
  exp?: number;
  nbf?: number;
  iat?: number;
  jti?: string;
  [claim: string]: unknown;
}

/** What a verifier goes by now. */
export interface Status {
  /** That of the bundle, 0 before the first one. */
  epoch: number;
  /** From when until when the bundle holds, in Unix seconds. */
  not_before: number;
  not_after: number;
  /** How many log-ins, and how many customers' earlier tokens, are known to be revoked. */
  families: number;
  cut_offs: number;
  /** The keys; ends is in Unix seconds, 0 for a key without an end. */
  keys: { kid: string; alg: string; ends: number }[];
  /** The version of simplejwt that the node answers as, and the types of tokens that are accepted. */
  compat: string;
  types: string[];
  /** null: any. */
  issuer: string | null;
}

export interface CreateOptions {
  /** As an object, or as JSON, which is then read as it stands. Without one, configure must follow. */
  policy?: Policy | string;
  /** edgetoken-verify.wasm, compiled or as bytes. Default: the one in this package. */
  wasm?: WebAssembly.Module | BufferSource;
}

export interface VerifyOptions {
  /** The time to judge by, in whole Unix seconds. Default: now. */
  now?: number;
}

// How many broken instances are replaced in a minute, so that nobody keeps us busy with it.
const MOST_RESTARTS = 60;
const MINUTE = 60_000;

// The signature of a token is asked for anew where keys changed while it was checked.
const MOST_QUESTIONS = 3;

/**
 * Verifies tokens offline. One serves any number of requests at the same time.
 *
 * HMAC is checked in the module, everything else by WebCrypto, and by the module where WebCrypto
 * cannot use a key. A good signature is remembered; times and revocations are judged at each call.
 */
export class Verifier {
  readonly #module: WebAssembly.Module;
  readonly #signatures = new Signatures();
  #guest: Guest | undefined;
  #policy: string | undefined; // as the guest reads it
  #bundles: string[] = []; // the latest whole one and its deltas
  #restarts: number[] = []; // when instances were made in the last minute

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** Loads the module. Throws PolicyError where the policy has a mistake. */
  static async create({ policy, wasm }: CreateOptions = {}): Promise<Verifier> {
    if (wasm === undefined) wasm = await load();
    const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
    const verifier = new Verifier(module);
    if (policy !== undefined) verifier.configure(policy);
    return verifier;
  }

  /** Goes by another policy from now on. After a PolicyError the old one holds. */
  configure(policy: Policy | string): void {
    // With "signatures": "host" the guest leaves signatures but HMAC to WebCrypto.
    const text =
      typeof policy === "string" ? policy : JSON.stringify({ signatures: "host", ...policy });
    this.#run((guest) => guest.configure(text));
    this.#policy = text;
    this.#bundles = [];
  }

  /** Gives the claims of a good token. Throws Refused, whose cause says why, for any other. */
  async verify(token: string, options?: VerifyOptions): Promise<Claims> {
    return JSON.parse(await this.verifyText(token, options));
  }

  /** verify, with the claims as the JSON that stands in the token. */
  async verifyText(token: string, { now }: VerifyOptions = {}): Promise<string> {
    if (now !== undefined && !Number.isSafeInteger(now)) {
      throw new RangeError(`now must be whole Unix seconds, not ${now}`);
    }
    let vouched: Uint8Array | undefined;
    for (let asked = 0; ; asked++) {
      const verdict = this.#run((guest) => {
        if (vouched !== undefined) guest.vouch(vouched);
        return guest.verify(token, now ?? unixTime());
      });
      if (verdict.cause === undefined) return verdict.claims;
      if (verdict.cause !== "signature_needed" || asked === MOST_QUESTIONS) {
        throw new Refused(verdict.cause);
      }
      vouched = await this.#checked(token);
    }
  }

  /** Takes a bundle or a delta. Throws BundleRefused, and is as it was, where it cannot. */
  update(bundle: string): void {
    try {
      this.#run((guest) => guest.update(bundle));
    } catch (error) {
      throw error instanceof Refused ? new BundleRefused("failed") : error;
    }
    this.#bundles = isDelta(bundle) ? [...this.#bundles, bundle] : [bundle];
  }

  /** Says what the verifier goes by. */
  status(): Status {
    return JSON.parse(this.#run((guest) => guest.status()));
  }

  /** Fetches bundles from a node's /.well-known/edgetoken-bundle, again and again until stopped. */
  follow(url: string | URL, options?: FollowOptions): Follower {
    return new Follower(this, url, options).start();
  }

  /** Has the signature checked, and gives its name if it is good. */
  async #checked(token: string): Promise<Uint8Array | undefined> {
    const question = this.#run((guest) => guest.ask(token));
    if (question === undefined) return undefined;
    const good = await this.#signatures.check(question, token);
    if (good === false) throw new Refused("bad_signature");
    if (good === true) return question.name;
    this.#checkAlone();
    return undefined;
  }

  /** Has the module check all signatures from now on, since WebCrypto cannot use a key. */
  #checkAlone(): void {
    const policy: Policy = JSON.parse(this.#policy ?? "{}");
    if (policy.signatures === "guest") return; // so it does already
    this.#policy = JSON.stringify({ ...policy, signatures: "guest" });
    this.#guest = undefined;
  }

  /** Calls the guest. An instance that breaks is dropped, and the next call makes another. */
  #run<T>(call: (guest: Guest) => T): T {
    const guest = (this.#guest ??= this.#start());
    try {
      return call(guest);
    } catch (error) {
      if (isAnswer(error)) throw error;
      this.#guest = undefined;
      throw new Refused("failed");
    }
  }

  /** Makes an instance that knows what the last one knew. */
  #start(): Guest {
    const now = Date.now();
    this.#restarts = this.#restarts.filter((time) => time > now - MINUTE);
    if (this.#restarts.length === MOST_RESTARTS) throw new Refused("failed");
    this.#restarts.push(now);
    try {
      const guest = new Guest(this.#module);
      if (this.#policy !== undefined) guest.configure(this.#policy);
      for (const bundle of this.#bundles) guest.update(bundle);
      return guest;
    } catch {
      throw new Refused("failed");
    }
  }
}

/** Says of a good bundle whether it is a delta: its payload begins with 2. */
function isDelta(bundle: string): boolean {
  const [, payload = ""] = bundle.split(".");
  return atob(payload.slice(0, 2)) === "\x02";
}

function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}

/** Reports whether an error is what the guest answered. */
function isAnswer(error: unknown): boolean {
  return [Refused, BundleRefused, PolicyError].some((answer) => error instanceof answer);
}
