// A host of edgetoken.wasm, the module that leaves signatures to its host: the binary ABI of core/abi, by hand.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const OK = 0;
export const OUT_OF_ORDER = 3;

const root = new URL("../../../", import.meta.url);

/** The names of the causes, by their numbers. */
const causes = (await readFile(new URL("core/abi/testdata/causes.txt", root), "utf8"))
  .trim()
  .split("\n")
  .map((line) => line.split(" ")[1]);

/** A message: integers are little-endian, texts and lists have their lengths before them. */
class Message {
  /** @type {number[]} */
  bytes = [];

  /** @param {number} size @param {bigint | number} value */
  int(size, value) {
    for (let i = 0; i < size; i++) {
      this.bytes.push(Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    }
    return this;
  }

  /** @param {string} value */
  text(value) {
    const utf8 = new TextEncoder().encode(value);
    this.int(2, utf8.length).bytes.push(...utf8);
    return this;
  }

  /** @param {string[]} values */
  texts(values) {
    this.int(2, values.length);
    values.forEach((value) => this.text(value));
    return this;
  }

  encode() {
    return Uint8Array.from(this.bytes);
  }
}

/**
 * The configuration of a verifier with one HS256 key, which it does not get to see: the message of abi.Config.
 *
 * @param {{ issuer?: string, audience?: string[] }} policy
 */
export function configuration({ issuer, audience = [] }) {
  const message = new Message().text("5.5").text("secure").text("node");
  for (let i = 0; i < 8; i++) message.int(8, 0); // lifetimes, leeway and what else only an issuer needs
  for (let i = 0; i < 6; i++) message.int(1, 0); // switches of an issuer
  message.int(1, issuer === undefined ? 0 : 1).text(issuer ?? "");
  message.int(1, 0).texts(audience).texts(["Bearer"]).texts(["access"]);
  for (const claim of ["user_id", "token_type", "jti", "refresh_exp", "hash_password"])
    message.text(claim);
  message.int(8, 1).int(2, 1); // epoch and number of keys
  message
    .text("")
    .text("HS256")
    .text("")
    .int(1, 1)
    .int(1, 1)
    .int(1, 0)
    .int(8, 0)
    .int(8, 0)
    .int(4, 0);
  return message.int(2, 1).int(2, 0).int(8, 0).encode(); // key 0 signs
}

/** One instance. */
export class Guest {
  /** @type {Record<string, (...args: number[]) => number>} */
  #exports;
  /** @type {WebAssembly.Memory} */
  #memory;
  /** @type {{ input: number, output: number, claims: number }} */
  #areas;

  static async load() {
    const wasi = new WASI({ version: "preview1" });
    const module = await readFile(new URL("dist/edgetoken.wasm", root));
    const { instance } = await WebAssembly.instantiate(module, wasi.getImportObject());
    wasi.initialize(instance);
    return new Guest(instance);
  }

  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    this.#exports = /** @type {any} */ (instance.exports);
    this.#memory = /** @type {any} */ (instance.exports.memory);
    const at = this.#exports.edgetoken_layout();
    const word = (/** @type {number} */ i) => this.#view().getUint32(at + 4 * i, true);
    this.#areas = { input: word(0), output: word(2), claims: word(4) };
  }

  // Memory may have grown since the last call, so a view is made for each use.
  #view() {
    return new DataView(this.#memory.buffer);
  }

  /** Writes a message, calls an export, and gives its status. @param {string} name @param {Uint8Array} message */
  call(name, message) {
    new Uint8Array(this.#memory.buffer).set(message, this.#areas.input);
    return this.#exports[`edgetoken_${name}`](message.length);
  }

  /** @param {string} name @param {Uint8Array} message */
  #ask(name, message) {
    const status = this.call(name, message);
    if (status !== OK) throw new Error(`${name}: status ${status}`);
  }

  /** @param {Uint8Array} message */
  configure(message) {
    this.#ask("configure", message);
  }

  /** Where the signature of a token lies, which key must check it, and the nonce that accepts it. @param {Uint8Array} token */
  inspect(token) {
    this.#ask("inspect", token);
    const view = this.#view();
    const at = this.#areas.output;
    return {
      nonce: view.getBigUint64(at + 8, true),
      key: view.getUint32(at + 16, true),
      input: view.getUint32(at + 20, true),
      signature: view.getUint32(at + 24, true),
      cause: causes[view.getUint8(at + 28)],
    };
  }

  /** The claims of a token whose signature is good; undefined if another was inspected since. @param {bigint} nonce */
  accept(nonce) {
    const status = this.call("accept", new Message().int(8, nonce).encode());
    if (status === OUT_OF_ORDER) return undefined;
    if (status !== OK) throw new Error(`accept: status ${status}`);
    const size = this.#view().getUint32(this.#areas.output + 8, true);
    return new TextDecoder().decode(new Uint8Array(this.#memory.buffer, this.#areas.claims, size));
  }

  /**
   * Why the accepted token is not good at a time, or "ok".
   *
   * @param {bigint} nonce @param {number} now in Unix seconds @param {string} type @param {string[]} required
   */
  judge(nonce, now, type, required) {
    this.#ask(
      "judge",
      new Message()
        .int(8, nonce)
        .int(8, BigInt(now) * 1_000_000n)
        .text(type)
        .texts(required)
        .encode(),
    );
    return causes[this.#view().getUint8(this.#areas.output)];
  }
}
