// A Worker whose requests need a token of the node.
import { protect } from "edgetoken-verify";

interface Env {
  ROOT: string; // what `edgetoken bundle root` prints
  BUNDLE_URL: string; // such as https://tokens.example/.well-known/edgetoken-bundle
}

const options = ({ ROOT, BUNDLE_URL }: Env) => ({
  policy: { root: JSON.parse(ROOT) },
  bundle: { url: BUNDLE_URL, interval: 1_000 },
});

export default {
  fetch: protect(options, (_request, claims, _env: Env) => {
    return Response.json({ customer: claims["user_id"] });
  }),
};
