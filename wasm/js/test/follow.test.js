import { Follower } from "edgetoken-verify";
import { BundleRefused } from "edgetoken-verify";
import { equal } from "./run.js";

/** A verifier that only notes what it is given. */
class Noted {
  epoch = 0;
  taken = [];
  refuse = undefined;

  status() {
    return { epoch: this.epoch };
  }

  update(bundle) {
    if (this.refuse === bundle) throw new BundleRefused("bundle_base");
    this.taken.push(bundle);
    this.epoch++;
  }
}

/** A follower of a verifier that notes, with the answers that its fetches get and what they asked. */
function follower(answers, options = {}) {
  const verifier = new Noted();
  const asked = [];
  const errors = [];
  const fetch = async (url, init) => {
    asked.push([url.replace("https://node.example/b", ""), init.headers["If-None-Match"] ?? ""]);
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("no network");
    return answer instanceof Promise ? answer : new Response(...answer);
  };
  const onError = (error) => errors.push(error.message);
  const made = new Follower(verifier, "https://node.example/b", { fetch, onError, ...options });
  return { verifier, asked, errors, made };
}

const tagged = (etag) => ({ headers: { ETag: etag } });

export const tests = {
  async "asks for what changed, and takes nothing twice"() {
    const { verifier, asked, errors, made } = follower([
      ["one\n", tagged('"1"')],
      [null, { status: 304 }],
      ["two", tagged('"2"')],
      ["two", tagged('"2"')],
    ]);
    for (let i = 0; i < 4; i++) await made.refresh();
    equal(verifier.taken, ["one", "two"]);
    equal(asked, [
      ["", ""],
      ["?since=1", '"1"'],
      ["?since=1", '"1"'],
      ["?since=2", '"2"'],
    ]);
    equal(errors, []);
  },

  async "fetches the whole bundle where a delta does not fit"() {
    const { verifier, asked, errors, made } = follower([["one"], ["delta"], ["whole"]]);
    verifier.refuse = "delta";
    await made.refresh();
    await made.refresh();
    equal(verifier.taken, ["one", "whole"]);
    equal(asked.at(-1), ["", ""]);
    equal(errors, []);
  },

  async "fetches a whole bundle after a hundred deltas"() {
    const { asked, made } = follower(
      Array.from({ length: 103 }, (_, i) => [`bundle ${i}`, tagged(`"${i}"`)]),
    );
    for (let i = 0; i < 103; i++) await made.refresh();
    equal(
      asked.map(([query], i) => (query === "" ? i : -1)).filter((i) => i >= 0),
      [0, 101],
    );
  },

  async "goes on after errors, and reports them"() {
    const { verifier, errors, made } = follower(
      [["not here", { status: 404 }], ["x".repeat(101)], ["good"]],
      { maxBytes: 100 },
    );
    for (let i = 0; i < 4; i++) await made.refresh();
    equal(verifier.taken, ["good"]);
    equal(errors, [
      "https://node.example/b answered 404: does it have bundle.publish, and a key pair?",
      "https://node.example/b gave more than 100 bytes",
      "no network",
    ]);
  },

  async "warns on the console of the first of several failures, unless told otherwise"() {
    const { made } = follower(
      [["", { status: 404 }], ["", { status: 500 }], ["good"], ["", { status: 503 }]],
      { onError: undefined },
    );
    const warned = [];
    const { warn } = console;
    console.warn = (text) => warned.push(text);
    try {
      for (let i = 0; i < 4; i++) await made.refresh();
    } finally {
      console.warn = warn;
    }
    const stays = "edgetoken: the trust bundle stays as it was: Error: https://node.example/b";
    equal(warned, [
      `${stays} answered 404: does it have bundle.publish, and a key pair?`,
      `${stays}?since=1 answered 503`,
    ]);
  },

  async "in requests one looks for all, but for a verifier that was idle"() {
    let release;
    const waiting = new Promise((resolve) => (release = () => resolve(new Response("late"))));
    const { asked, made } = follower([["one"], waiting, ["two"]], { interval: 1000 });
    const { now } = Date;
    let time = now();
    Date.now = () => time;
    try {
      await made.refreshIfDue();
      await made.refreshIfDue();
      equal(asked.length, 1, "within the interval");
      time += 1000;
      const first = made.refreshIfDue();
      await made.refreshIfDue();
      equal(asked.length, 2, "while another one looks");
      time += 1000;
      await made.refreshIfDue();
      equal(asked.length, 3, "after two intervals");
      release();
      await first;
    } finally {
      Date.now = now;
    }
  },

  async "looks again and again until stopped"() {
    const { asked, made } = follower([["one"], ["two"], ["three"]], { interval: 1 });
    made.start();
    while (asked.length < 5) await new Promise((resolve) => setTimeout(resolve, 1));
    made.stop();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const looked = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    equal(asked.length, looked);
  },
};
