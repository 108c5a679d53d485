import { BundleRefused, PolicyError, Refused, type BundleCause, type Cause } from "./refused.js";
import { Wasi } from "./wasi.js";

const VERIFIER = "edgetoken:verify/verifier@0.1.0#";
const SIGNATURES = "edgetoken:verify/signatures@0.1.0#";

/** Which key must check which signature. */
export interface Question {
  /** The public key, a JWK. */
  key: string;
  /** The algorithm of the key, such as ES256. */
  algorithm: string;
  /** The signing input is token.slice(0, input); what follows the dot there is the signature. */
  input: number;
  /** Stands for key, signing input and signature together. */
  name: Uint8Array;
}

// The longest text that the module makes room for. A longer one is refused, and so is its beginning.
const MOST_BYTES = 8 << 20;

/** The claims, as they stand in the token, or why there are none. */
export type Verdict = { claims: string; cause?: undefined } | { cause: Cause };

type Export = (...numbers: (number | bigint)[]) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One instance of the module. It speaks the component surface (edgetoken-verify.wit) by the core
 * exports: a text goes in by cabi_realloc, and an answer is an address, to be read before the next call.
 *
 * The errors of refused.ts are the guest's own answers. After any other the instance is broken.
 */
export class Guest {
  readonly #exports: Record<string, Export>;
  readonly #memory: WebAssembly.Memory;
  #current = new DataView(new ArrayBuffer(0));

  constructor(module: WebAssembly.Module) {
    const wasi = new Wasi();
    const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.imports });
    this.#memory = exports["memory"] as WebAssembly.Memory;
    this.#exports = exports as Record<string, Export>;
    wasi.use(this.#memory);
    this.#exports["_initialize"]!();
  }

  configure(policy: string): void {
    const [bad, text] = this.#ask(VERIFIER + "configure", policy);
    if (bad) throw new PolicyError(text);
  }

  /** Judges a token at a time, in Unix seconds. */
  verify(token: string, now: number): Verdict {
    const [bad, text] = this.#ask(VERIFIER + "verify", token, BigInt(now));
    return bad ? { cause: text as Cause } : { claims: text };
  }

  update(bundle: string): void {
    const [bad, text] = this.#ask(VERIFIER + "update", bundle);
    if (bad) throw new BundleRefused(text as BundleCause);
  }

  status(): string {
    const at = this.#exports[VERIFIER + "status"]!();
    return this.#text(at);
  }

  /** Says who must check the token's signature; undefined where verify needs nobody. */
  ask(token: string): Question | undefined {
    const at = this.#call(SIGNATURES + "ask", token);
    const view = this.#view;
    if (view.getUint8(at) !== 0) throw new Refused(this.#text(at + 4) as Cause);
    if (view.getUint8(at + 4) === 0) return undefined;
    return {
      key: this.#text(at + 8),
      algorithm: this.#text(at + 16),
      input: view.getUint32(at + 24, true),
      name: this.#bytes(at + 28).slice(),
    };
  }

  /** Says that the signature of that name is good. */
  vouch(name: Uint8Array): void {
    this.#exports[SIGNATURES + "vouch"]!(this.#write(name), name.length);
  }

  /** Calls a function that gives a result<string, string>. */
  #ask(name: string, text: string, ...more: bigint[]): [bad: boolean, text: string] {
    const at = this.#call(name, text, ...more);
    return [this.#view.getUint8(at) !== 0, this.#text(at + 4)];
  }

  #call(name: string, text: string, ...more: bigint[]): number {
    const bytes = encoder.encode(text).subarray(0, MOST_BYTES);
    return this.#exports[name]!(this.#write(bytes), bytes.length, ...more);
  }

  #write(bytes: Uint8Array): number {
    const at = this.#exports["cabi_realloc"]!(0, 0, 1, bytes.length);
    new Uint8Array(this.#memory.buffer, at, bytes.length).set(bytes);
    return at;
  }

  #text(at: number): string {
    return decoder.decode(this.#bytes(at));
  }

  #bytes(at: number): Uint8Array {
    const view = this.#view;
    return new Uint8Array(view.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
  }

  // Memory that grows leaves the old view empty.
  get #view(): DataView {
    const { buffer } = this.#memory;
    if (this.#current.buffer !== buffer) this.#current = new DataView(buffer);
    return this.#current;
  }
}
