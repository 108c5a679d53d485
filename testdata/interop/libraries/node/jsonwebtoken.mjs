// jsonwebtoken, which takes PEM.
import jwt from "jsonwebtoken";
import { answer } from "./tasks.mjs";

const secret = (task) => Buffer.from(task.secret, "base64url");

await answer(() => ({
  verify: (task) =>
    jwt.verify(task.token, task.secret ? secret(task) : task.public, { algorithms: [task.alg] }).user_id,
  sign: (task) =>
    jwt.sign(task.claims, task.secret ? secret(task) : task.private, { algorithm: task.alg, keyid: task.kid }),
}));
