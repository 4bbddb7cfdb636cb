import { isObject, type Message } from "../../harness/transcript.ts";
import { UNIX_TIME } from "./definitions.ts";
import type { Schema } from "./schema.ts";

/** A place in a value, the value there, and all schemas that speak of it. */
interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly schemas: readonly Schema[];
}

/** Finds the path of the first property that no schema names. An object may hold any property if no schema names one. */
export function unnamed(schema: Schema, value: unknown): readonly string[] | undefined {
  if (!anywhere(branches(schema), value, (it, schemas) => oddIn(it, schemas) !== undefined)) return undefined;
  const [odd] = places(schema, value).flatMap(({ path, value: it, schemas }) => {
    const name = oddIn(it, schemas);
    return name === undefined ? [] : [[...path, name]];
  });
  return odd;
}

function oddIn(value: unknown, schemas: readonly Schema[]): string | undefined {
  if (!isObject(value) || !namesAny(schemas)) return undefined;
  for (const name in value) if (speakingOf(schemas, name).length === 0) return name;
  return undefined;
}

/** Finds the place of the first time in a message that is wrong. */
export function wrongTime(
  schema: Schema,
  value: unknown,
  isWrong: (time: number) => boolean,
): Pick<Place, "path" | "value"> | undefined {
  const isOne = (it: unknown, schemas: readonly Schema[]) =>
    typeof it === "number" && isWrong(it) && schemas.some(({ title }) => title === UNIX_TIME);
  if (!holdsTimes(schema) || !anywhere(branches(schema), value, isOne)) return undefined;
  const found = places(schema, value).find(({ value: it, schemas }) => isOne(it, schemas));
  return found && { path: found.path, value: found.value };
}

/** Tells if something holds at any place of a value of which these schemas speak. Does without the paths, which take long to make. */
function anywhere(
  schemas: readonly Schema[],
  value: unknown,
  is: (value: unknown, schemas: readonly Schema[]) => boolean,
): boolean {
  if (is(value, schemas)) return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) {
    const some = speakingOf(schemas, undefined);
    return some.length > 0 && value.some((it) => anywhere(some, it, is));
  }
  for (const name in value) {
    const some = speakingOf(schemas, name);
    if (some.length > 0 && anywhere(some, (value as Message)[name], is)) return true;
  }
  return false;
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

/** The names of properties that are remembered. A message may hold any. */
const NAMES_REMEMBERED = 1_000;

/** All that some schemas say of a property, or of the items of an array. */
function speakingOf(schemas: readonly Schema[], name: string | undefined): readonly Schema[] {
  const known = namesOf(schemas);
  const found = known.get(name);
  if (found) return found;
  const some = schemas.flatMap((schema) =>
    (name === undefined ? itemsOf(schema) : within(schema, name)).flatMap(branches),
  );
  if (known.size < NAMES_REMEMBERED) known.set(name, some);
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
