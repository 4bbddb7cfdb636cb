import { isObject } from "../../harness/transcript.ts";
import { UNIX_TIME } from "./definitions.ts";
import type { Schema } from "./schema.ts";

/** A place in a value, the value there, and all schemas that speak of it. */
interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly schemas: readonly Schema[];
}

/** Finds the first property that no schema names, as a path. An object of which no schema names any property may hold all. */
export function unnamed(schema: Schema, value: unknown): string | undefined {
  for (const { path, value: it, schemas } of places(schema, value)) {
    if (!isObject(it) || !namesAny(schemas)) continue;
    const odd = Object.keys(it).find((name) => speakingOf(schemas, name).length === 0);
    if (odd !== undefined) return [...path, odd].join(".");
  }
  return undefined;
}

/** Finds all times in a message, each with its path. */
export function timesIn(schema: Schema, value: unknown): readonly (readonly [path: string, time: number])[] {
  if (!holdsTimes(schema)) return [];
  return places(schema, value).flatMap(({ path, value: it, schemas }) =>
    typeof it === "number" && schemas.some(({ title }) => title === UNIX_TIME) ? [[path.join("."), it] as const] : [],
  );
}

/** All places of a value of which a schema speaks, outer ones first. */
function places(schema: Schema, value: unknown): readonly Place[] {
  const all: Place[] = [{ path: [], value, schemas: branches(schema) }];
  // The list grows while it is gone through.
  for (const { path, value: it, schemas } of all) {
    if (typeof it !== "object" || it === null) continue;
    for (const [name, inner] of Object.entries(it)) {
      const some = speakingOf(schemas, Array.isArray(it) ? undefined : name);
      if (some.length > 0) all.push({ path: [...path, name], value: inner, schemas: some });
    }
  }
  return all;
}

/** Remembers what a function finds of an object. Schemas are gone through for every message. */
function remembering<K extends object, V>(find: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const it = known.get(key) ?? { value: find(key) };
    known.set(key, it);
    return it.value;
  };
}

/** A schema, and all that it puts together or chooses from. */
export const branches: (schema: Schema) => readonly Schema[] = remembering((schema) => {
  const more = ["anyOf", "oneOf", "allOf"].flatMap((word) => (Array.isArray(schema[word]) ? schema[word] : []));
  return [schema, ...more.filter(isObject).flatMap(branches)];
});

const holdsTimes = remembering((schema: Schema) => JSON.stringify(schema).includes(`"${UNIX_TIME}"`));
const namesAny = remembering((schemas: readonly Schema[]) => schemas.some(({ properties }) => properties));
const namesOf = remembering((_: readonly Schema[]) => new Map<string | undefined, readonly Schema[]>());

/** So many names of properties are remembered; a message may hold any. */
const NAMES = 1_000;

/** All that some schemas say of a property, or of the items of an array. */
function speakingOf(schemas: readonly Schema[], name: string | undefined): readonly Schema[] {
  const known = namesOf(schemas);
  const found = known.get(name);
  if (found) return found;
  const some = schemas.flatMap((schema) =>
    (name === undefined ? itemsOf(schema) : within(schema, name)).flatMap(branches),
  );
  if (known.size < NAMES) known.set(name, some);
  return some;
}

const itemsOf = ({ items }: Schema): readonly Schema[] => (isObject(items) ? [items] : []);

/** The schemas that one says of a property. */
function within({ properties, patternProperties }: Schema, name: string): readonly Schema[] {
  const own = isObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
  const some = isObject(patternProperties)
    ? Object.entries(patternProperties).flatMap(([pattern, it]) => (new RegExp(pattern, "u").test(name) ? [it] : []))
    : [];
  return [...own, ...some].map((it) => (isObject(it) ? it : {}));
}
