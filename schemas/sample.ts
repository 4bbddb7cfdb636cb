import { isObject, type Message } from "../harness/transcript.ts";

/** A JSON schema without references. */
type Described = Readonly<Record<string, unknown>>;

/** The depth to which properties of objects in objects are gone through. */
export const DEPTH = 4;

/** The ways to make a value. */
interface Sampling {
  /** Makes a text for a property of this name; without a name if the value is no property. */
  text(name?: string): string;
  /** The items of an array, where its schema asks for no more. */
  readonly items?: number;
  /** The depth to which properties of objects in objects are made. */
  readonly depth?: number;
}

/** Makes the smallest value that a simple schema allows. The schema has to tell if it is valid. */
export const sampleOf = (schema: Described, how: Sampling): unknown => smallest(schema, how);

function smallest(schema: Described, how: Sampling, name?: string, depth = 0): unknown {
  const [branch] = [schema.anyOf, schema.oneOf].flatMap((it) => (Array.isArray(it) ? it : []));
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Array.isArray(schema.allOf))
    return Object.assign({}, ...schema.allOf.map((it) => smallest(isObject(it) ? it : {}, how, name, depth)));
  if (isObject(branch)) return smallest(branch, how, name, depth);
  switch (schema.type) {
    case "string":
      return textOf(schema, how.text(name));
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return depth > (how.depth ?? DEPTH) || !isObject(schema.items)
        ? []
        : Array.from({ length: Math.max(how.items ?? 0, Number(schema.minItems ?? 0)) }, () =>
            smallest(schema.items as Described, how, name, depth + 1),
          );
    default:
      return objectOf(schema, how, depth);
  }
}

function objectOf({ properties, required }: Described, how: Sampling, depth: number): Message {
  const names = Array.isArray(required) ? required.map(String) : [];
  const known = isObject(properties) ? properties : {};
  return Object.fromEntries(
    names.map((name) => {
      const inner = known[name];
      return [name, isObject(inner) && depth <= (how.depth ?? DEPTH) ? smallest(inner, how, name, depth + 1) : "x"];
    }),
  );
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "00000000-0000-4000-8000-000000000000",
  regex: ".",
  ipv4: "127.0.0.1",
  ipv6: "::1",
};

const textOf = ({ format, minLength = 1 }: Described, text: string): string =>
  FORMATS[String(format)] ?? text.padEnd(Number(minLength), "x");
