import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from "ajv";
import { groupBy } from "./group.ts";

/** All schemas are validated like this: strictly, and all errors are told. */
export const AJV_OPTIONS = { strict: true, allErrors: true } as const;

/** One thing that is wrong with a value: where, as the names of properties from the outside in, and what, in one sentence. */
export interface Violation {
  readonly path: readonly string[];
  readonly says: string;
}

/** Validates values against JSON schemas. Throws where a schema is none. */
export interface Validator {
  matches(schema: AnySchema, value: unknown): boolean;
  /** What is wrong with a value, once for each property that breaks the schema; empty where nothing is. */
  violations(schema: AnySchema, value: unknown): Violation[];
}

/** A validator of schemas that hold these keywords of their own. Each schema is compiled once, also where equal ones are written in several places. */
export function validator(keywords: readonly string[] = []): Validator {
  // Schemas are not registered by id, since protocol versions share ids. That they are valid is tested, not found out in every run.
  const options = { addUsedSchema: false, validateSchema: false, meta: false };
  const ajv = new Ajv({ ...AJV_OPTIONS, ...options, keywords: [...keywords] });
  const compiled = new Map<string, ValidateFunction>();
  const same = new WeakMap<object, ValidateFunction>();
  const compile = (schema: AnySchema): ValidateFunction => {
    const known = typeof schema === "object" ? same.get(schema) : undefined;
    if (known) return known;
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? ajv.compile(schema);
    compiled.set(key, validate);
    if (typeof schema === "object") same.set(schema, validate);
    return validate;
  };
  return {
    matches: (schema, value) => compile(schema)(value),
    violations(schema, value) {
      const validate = compile(schema);
      return validate(value) ? [] : worded(validate.errors ?? []);
    },
  };
}

function worded(errors: readonly ErrorObject[]): Violation[] {
  const all = nearest(errors).map((error) => ({ path: pathOf(error), says: sentence(error) }));
  return [...new Map(all.map((violation) => [violation.says, violation])).values()];
}

/** A JSON pointer as the names that it holds. */
const pathOf = ({ instancePath }: ErrorObject) =>
  instancePath
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Of each union in the schema, inner ones first, only what the branch nearest to the value says. */
function nearest(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf").toSorted((a, b) => depth(b) - depth(a));
  return unions.reduce((left, union) => {
    const within = left.filter((error) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`));
    const without = left.filter((error) => error !== union && !within.includes(error));
    return [...without, ...reduce(union, within)];
  }, Array.from(errors));
}

const depth = (error: ErrorObject) => error.schemaPath.split("/").length;

/** One union: where its branches ask for constants in the same place, those are the choice; else the nearest branch. */
function reduce(union: ErrorObject, errors: readonly ErrorObject[]): ErrorObject[] {
  const branches = groupBy(
    errors,
    ({ schemaPath }) => schemaPath.slice(union.schemaPath.length + 1).split("/", 1)[0] ?? "",
  );
  const wrong = [...branches.values()].map((branch) => branch.filter(({ keyword }) => keyword === "const"));
  const place = wrong[0]?.[0]?.instancePath;
  const choices = wrong.map((consts) => consts.find(({ instancePath }) => instancePath === place));
  if (choices.every((choice) => choice !== undefined)) {
    const allowedValues = choices.flatMap(({ params }) => params.allowedValues ?? [params.allowedValue]);
    return [{ ...union, keyword: "const", instancePath: place ?? "", params: { allowedValues } }];
  }
  const level = union.instancePath.split("/").length + 1;
  // A constant that stands alone names the branch; one of several, as they are reduced above, does not.
  const misnamed = (branch: readonly ErrorObject[]) =>
    branch.filter(({ params, instancePath }) => "allowedValue" in params && instancePath.split("/").length === level)
      .length;
  return [...branches.values()].toSorted((a, b) => misnamed(a) - misnamed(b) || a.length - b.length)[0] ?? [union];
}

/** One error in words. */
function sentence({ instancePath, keyword, params, message }: ErrorObject): string {
  const where = instancePath === "" ? "the message" : instancePath.slice(1).replaceAll("/", ".");
  switch (keyword) {
    case "required":
      return `${where} lacks the property "${params.missingProperty}"`;
    case "const": {
      const allowed: unknown[] = params.allowedValues ?? [params.allowedValue];
      return `${where} must be ${allowed.map((value) => JSON.stringify(value)).join(" or ")}`;
    }
    default:
      return `${where} ${message}`;
  }
}
