import { Ajv, type AnySchema, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { groupBy } from "./group.ts";
import { isObject } from "./transcript.ts";
import { nearestOf } from "./usage.ts";

/** The options by which all schemas are validated. */
export const AJV_OPTIONS = { strict: true, allErrors: true } as const;

/** Compiling takes half the time so, and the code that comes of it is as fast. */
const UNPOLISHED = { optimize: false } as const;

/** An error in a value. */
export interface Violation {
  /** The names of properties that lead to it, from the outside in. */
  readonly path: readonly string[];
  /** The keyword of the schema that it breaks. */
  readonly keyword: string;
  /** The error in one sentence. */
  readonly says: string;
}

/** Validates values against JSON schemas. Throws if a schema is not valid. */
interface Validator {
  /** Tells if a value is valid. */
  matches(schema: AnySchema, value: unknown): boolean;
  /** Returns the errors in a value, one for each property that breaks the schema. */
  violations(schema: AnySchema, value: unknown): Violation[];
}

/**
 * Makes a validator of schemas that may hold these further keywords. It compiles each schema once, and equal ones together.
 * Schemas that come from elsewhere may need formats, or be written less strictly.
 */
export function validator(keywords: readonly string[] = [], how: Pick<Options, "strict" | "formats"> = {}): Validator {
  // Schemas are not registered by id, since protocol versions share ids. A test validates them, so that no run has to.
  const options = { addUsedSchema: false, validateSchema: false, meta: false, code: UNPOLISHED };
  // The start of a command that validates nothing does not wait for it.
  let ajv: Ajv | undefined;
  const compileNew = (schema: AnySchema) => {
    ajv ??= new Ajv({ ...AJV_OPTIONS, ...options, ...how, keywords: [...keywords] });
    return ajv.compile(schema);
  };
  const compiled = new Map<string, ValidateFunction>();
  const same = new WeakMap<object, ValidateFunction>();
  const compile = (schema: AnySchema): ValidateFunction => {
    const known = typeof schema === "object" ? same.get(schema) : undefined;
    if (known) return known;
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? compileNew(schema);
    compiled.set(key, validate);
    if (typeof schema === "object") same.set(schema, validate);
    return validate;
  };
  return {
    matches: (schema, value) => compile(schema)(value),
    violations(schema, value) {
      const validate = compile(schema);
      return validate(value) ? [] : worded(validate.errors ?? [], schema, value);
    },
  };
}

/** Puts the errors in a value into words, each once. */
function worded(errors: readonly ErrorObject[], schema: AnySchema, value: unknown): Violation[] {
  const all = nearest(errors).map((error) => ({
    path: namesIn(error.instancePath),
    keyword: error.keyword,
    says: `${errorInWords(error)}${instead(error, schema, value)}`,
  }));
  return [...new Map(all.map((violation) => [violation.says, violation])).values()];
}

/** Returns the names in a JSON pointer. */
const namesIn = (pointer: string) =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Returns what stands at the place that names lead to; nothing where they lead nowhere. */
const at = (names: readonly string[], within: unknown): unknown =>
  names.reduce((it, name) => (Object.hasOwn(Object(it), name) ? Object(it)[name] : undefined), within);

/**
 * Says what stands there instead: a misspelt property, or a value of another kind. The value itself would part mistakes that are told as
 * one.
 */
function instead(
  { keyword, params, schemaPath, instancePath }: ErrorObject,
  schema: AnySchema,
  value: unknown,
): string {
  const is = at(namesIn(instancePath), value);
  if (keyword === "type") return params.type === "integer" && typeof is === "number" ? "" : `, not ${kindOf(is)}`;
  if (keyword !== "required") return "";
  const missing: string = params.missingProperty;
  const known = at([...namesIn(schemaPath).slice(0, -1), "properties"], schema);
  if (!isObject(known)) return "";
  const strange = Object.keys(Object(is)).filter(
    (name) => name.length <= 2 * missing.length && !Object.hasOwn(known, name),
  );
  const misspelt = nearestOf(missing, strange);
  return misspelt === undefined ? "" : `, but has "${misspelt}"`;
}

/** The kind of a JSON value. */
const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** Reduces each union of the schema, inner ones first, to the errors of the branch that is nearest to the value. */
function nearest(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf").toSorted((a, b) => depth(b) - depth(a));
  return unions.reduce((left, union) => {
    const within = left.filter((error) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`));
    const without = left.filter((error) => error !== union && !within.includes(error));
    return [...without, ...reduce(union, within)];
  }, Array.from(errors));
}

const depth = (error: ErrorObject) => error.schemaPath.split("/").length;

/** Reduces one union. If its branches want constants in the same place, these become one choice; otherwise the nearest branch stays. */
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
  // A single constant names its branch. A choice, as it is reduced above, does not.
  const misnamed = (branch: readonly ErrorObject[]) =>
    branch.filter(({ params, instancePath }) => "allowedValue" in params && instancePath.split("/").length === level)
      .length;
  return [...branches.values()].toSorted((a, b) => misnamed(a) - misnamed(b) || a.length - b.length)[0] ?? [union];
}

/** Returns one error in words; `whole` is what a value is called as a whole. */
export function errorInWords({ instancePath, keyword, params, message }: ErrorObject, whole = "the message"): string {
  const where = instancePath === "" ? whole : instancePath.slice(1).replaceAll("/", ".");
  switch (keyword) {
    case "required":
      return `${where} lacks the property "${params.missingProperty}"`;
    case "additionalProperties":
      return `${where} has the property "${params.additionalProperty}", which may not be there`;
    case "const":
    case "enum": {
      const allowed: unknown[] = params.allowedValues ?? [params.allowedValue];
      return `${where} must be ${allowed.map((value) => JSON.stringify(value)).join(" or ")}`;
    }
    default:
      return `${where} ${message}`;
  }
}
