import { tests as follow } from "./follow.test.js";
import { tests as gate } from "./gate.test.js";
import { tests as verifier } from "./verifier.test.js";

export const tests = { ...verifier, ...follow, ...gate };
