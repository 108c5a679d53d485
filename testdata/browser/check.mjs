// What is found wrong is an error that says what was seen.

// same holds what was seen against what is wanted.
export function same(what, seen, wanted) {
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) throw new Error(`${what}: ${JSON.stringify(seen)}, want ${JSON.stringify(wanted)}`);
}

// holds wants a text to contain another.
export function holds(what, seen, wanted) {
  if (!String(seen).includes(wanted)) throw new Error(`${what}: ${JSON.stringify(seen)} does not hold ${JSON.stringify(wanted)}`);
}

// lacks wants a text not to contain another.
export function lacks(what, seen, unwanted) {
  if (String(seen).includes(unwanted)) throw new Error(`${what} holds ${JSON.stringify(unwanted)}`);
}

// none wants a list to be empty.
export function none(what, list) {
  if (list.length > 0) throw new Error(`${what}: ${list.join("; ")}`);
}
