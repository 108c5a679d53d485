// A Worker that runs the package's tests, the kit and measurements, as it is asked to.
import wasm from "edgetoken-verify/edgetoken-verify.wasm";
import { tests } from "./all.js";
import * as figures from "./figures.js";
import { got, isAlone } from "./kit.js";
import { run } from "./run.js";
import { fresh } from "./verifiers.js";

let subjects;
let started;

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/tests":
        return Response.json(Object.keys(tests));
      case "/test": {
        const name = searchParams.get("name");
        const said = [];
        await run({ [name]: tests[name] }, (text) => said.push(text));
        return Response.json(said);
      }
      case "/kit": {
        const { test, kit } = await request.json();
        return Response.json(await got(test, kit, await fresh(wasm, isAlone(test))));
      }
      case "/subjects":
        subjects = await figures.subjects(searchParams.get("alg"));
        return Response.json(Object.keys(subjects));
      case "/verify":
        await subjects[searchParams.get("name")](Number(searchParams.get("count")));
        return Response.json(null);
      case "/start":
        started = await figures.start(searchParams.get("name"));
        return Response.json(null);
      case "/more":
        await started.more();
        return Response.json(null);
    }
    return new Response(null, { status: 404 });
  },
};
