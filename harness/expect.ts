import { isDeepStrictEqual } from "node:util";
import type { AnySchema } from "ajv";
import { validator } from "./schema.ts";

/**
 * The acceptable values, as a JSON schema, so that judging and explaining come from the same place. `title` puts it in words
 * if the schema would not read well.
 */
export type Expectation = { readonly title?: string } & Readonly<Record<string, unknown>>;

const { matches } = validator();

/** Tells if a value is acceptable. */
export function accepts(expected: Expectation, value: unknown): boolean {
  const { title: _, ...schema } = expected;
  // Most expectations are one value or one of several, which needs no compiled schema.
  if (Object.keys(schema).length === 1) {
    const wanted = "const" in schema ? [schema.const] : schema.enum;
    if (Array.isArray(wanted)) return wanted.some((it) => isDeepStrictEqual(value, it));
  }
  return matches(schema as AnySchema, value);
}

/** Says in words which values are acceptable. */
export function describe(expected: Expectation): string {
  if (expected.title !== undefined) return expected.title;
  if ("const" in expected) return JSON.stringify(expected.const);
  if (Array.isArray(expected.enum)) return expected.enum.map((value) => JSON.stringify(value)).join(" or ");
  return JSON.stringify(expected);
}
