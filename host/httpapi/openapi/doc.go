// Package openapi writes an API down for programs, as an OpenAPI 3.0.3 document. It takes plain data and knows nothing
// of this API: an API has Operations, those have Schemas of what they take and answer, and its Document gives the JSON.
//
// What generators of clients cannot read cannot be said:
//
//   - a value has one type, and there is neither oneOf nor anyOf: answers of several shapes have one schema with
//     optional members;
//   - every object has a name, since generators make one up for an object without one;
//   - bodies are JSON alone: given several types, generators take them all, or one at random.
package openapi
