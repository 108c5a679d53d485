// A node, and clients of it whose network tests can change.
import { Client } from "./packages.mjs";
import { people, password } from "../browser/node.mjs";

export const paths = { login: "/auth/token/", refresh: "/auth/token/refresh/", blacklist: "/auth/token/blacklist/", me: "/customers/me/" };

// Network is the way from a client to the node.
export class Network {
  asked = {}; // requests, by path
  ahead = 0; // how far the clock of the server seems to be ahead, in milliseconds
  handlers = {}; // what is done instead of a request, by path

  // count is how many requests a path had.
  count(path) {
    return this.asked[path] ?? 0;
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    this.asked[pathname] = this.count(pathname) + 1;
    const send = () => fetch(request);
    const answer = await (this.handlers[pathname] ?? ((_, send) => send()))(request, send);
    if (this.ahead === 0 || answer.url === "" && answer.headers.has("Date")) return answer; // one with a time of its own
    const headers = new Headers(answer.headers);
    headers.set("Date", new Date(Date.now() + this.ahead).toUTCString());
    return new Response(answer.body, { status: answer.status, headers });
  };
}

// Person is a client, and what it was told.
export class Person {
  told = [];

  constructor(node, options = {}) {
    this.network = new Network();
    this.client = new Client({ server: node.origin, fetch: this.network.fetch, onLogout: (l) => this.told.push(l), ...options });
  }

  async logIn(person = "ana") {
    await this.client.login(people[person].email, password);
  }

  // me asks who is logged in: the status of the answer, "nobody" if nobody is.
  async me() {
    try {
      const answer = await this.client.fetch(paths.me);
      await answer.text();
      return answer.status;
    } catch (error) {
      if (error.name === "LoggedOut") return "nobody";
      throw error;
    }
  }

  // later has it be later, by the server's clock.
  later(minutes) {
    this.network.ahead += minutes * 60_000;
  }
}
