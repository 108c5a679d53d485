import { Refused, Verifier } from "edgetoken-verify";
// What is no part of the package's surface: the guest, which nobody helps.
import { Guest } from "./node_modules/edgetoken-verify/lib/guest.js";

/** A fresh verifier of the package; or the guest alone, with the same methods. */
export async function fresh(module, alone) {
  if (!alone) return Verifier.create({ wasm: module });
  const guest = new Guest(module);
  return {
    configure: (policy) =>
      guest.configure(typeof policy === "string" ? policy : JSON.stringify(policy)),
    update: (bundle) => guest.update(bundle),
    verifyText(token, { now }) {
      const { claims, cause } = guest.verify(token, now);
      if (cause !== undefined) throw new Refused(cause);
      return claims;
    },
  };
}
