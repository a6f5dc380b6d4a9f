// What the tests import of Deno's own helpers.
import { AssertionError, deepStrictEqual, notDeepStrictEqual, ok } from "node:assert/strict";

export { AssertionError };
export const assert: (value: unknown) => asserts value = ok;
export const assertEquals = deepStrictEqual;
export const assertNotEquals = notDeepStrictEqual;
export const assertType = () => {};

function expect(error: unknown, kind: ErrorConstructor = Error, text = "") {
  if (!(error instanceof kind && error.message.includes(text)))
    throw new AssertionError({ message: `expected ${kind.name} "${text}" instead of ${error instanceof Error ? error.stack : error}` });
}

export function assertThrows(fn: () => unknown, kind?: ErrorConstructor, text?: string) {
  try {
    fn();
  } catch (error) {
    return expect(error, kind, text);
  }
  throw new AssertionError({ message: "nothing was thrown" });
}

export async function assertRejects(fn: () => PromiseLike<unknown>, kind?: ErrorConstructor, text?: string) {
  let result;
  try {
    result = fn();
    await result;
  } catch (error) {
    return expect(error, kind, text);
  }
  throw new AssertionError({ message: "nothing was rejected" });
}
