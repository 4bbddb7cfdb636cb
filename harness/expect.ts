import { isDeepStrictEqual } from "node:util";
import type { AnySchema } from "ajv";
import { validator } from "./schema.ts";

/**
 * What would be acceptable: a JSON schema, so that judging and explaining come from the same place. `title` says it in
 * words where the schema alone would not read well.
 */
export type Expectation = { readonly title?: string } & Readonly<Record<string, unknown>>;

const { matches } = validator();

/** Tells if a value is acceptable. */
export function accepts(expected: Expectation, value: unknown): boolean {
  const { title: _, ...schema } = expected;
  // Most expectations are one value: those need no schema to be compiled.
  if ("const" in schema && Object.keys(schema).length === 1) return isDeepStrictEqual(value, schema.const);
  return matches(schema as AnySchema, value);
}

/** Everything that is acceptable, in words. */
export function describe(expected: Expectation): string {
  if (expected.title !== undefined) return expected.title;
  if ("const" in expected) return JSON.stringify(expected.const);
  if (Array.isArray(expected.enum)) return expected.enum.map((value) => JSON.stringify(value)).join(" or ");
  return JSON.stringify(expected);
}
