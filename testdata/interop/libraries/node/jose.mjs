// jose, which fetches the key set by itself.
import * as jose from "jose";
import { answer } from "./tasks.mjs";

const secret = (task) => Buffer.from(task.secret, "base64url");

await answer((jwks) => {
  const keys = jose.createRemoteJWKSet(new URL(jwks));
  return {
    async verify(task) {
      const options = { algorithms: [task.alg], requiredClaims: ["exp"] };
      const { payload } = await jose.jwtVerify(task.token, task.secret ? secret(task) : keys, options);
      return payload.user_id;
    },
    async sign(task) {
      const key = task.secret ? secret(task) : await jose.importPKCS8(task.private, task.alg);
      return new jose.SignJWT(task.claims).setProtectedHeader({ alg: task.alg, kid: task.kid }).sign(key);
    },
    thumbprint: (task) => jose.calculateJwkThumbprint(task.jwk),
  };
});
