import { isObject } from "../../harness/transcript.ts";
import { plural, show } from "../../harness/words.ts";
import { short } from "../../reports/names.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A property of a message, wherever it stands in it. */
export interface PropertyFacts {
  /** `data.users[].userId`. */
  readonly path: string;
  readonly required: boolean;
  /** Its type in words, with its bounds. */
  readonly type: string;
}

/** Properties that are told of one message, and levels of them, at most. */
const MOST = { rows: 150, levels: 8 } as const;

/** Lists the properties of a message by its schema, those in others behind them. */
export const propertiesIn = (schema: Schema): readonly PropertyFacts[] => inside(schema, "", 0).slice(0, MOST.rows);

function inside(schema: Schema, path: string, level: number): readonly PropertyFacts[] {
  if (level > MOST.levels) return [];
  const parts = [schema, ...schemasIn(schema.allOf)];
  const required = new Set(parts.flatMap((it) => (Array.isArray(it.required) ? it.required : [])));
  const known = new Map(parts.flatMap((it) => (isObject(it.properties) ? Object.entries(it.properties) : [])));
  return [...known].flatMap(([name, it]) =>
    property(isObject(it) ? it : {}, `${path}${path === "" ? "" : "."}${name}`, required.has(name), level),
  );
}

/** The rows of a property: its own, or one for each of several forms, each with what is in it. */
function property(schema: Schema, path: string, required: boolean, level: number): readonly PropertyFacts[] {
  const all = [...schemasIn(schema.anyOf), ...schemasIn(schema.oneOf)];
  const forms = all.filter(({ type }) => type !== "null");
  const orNull = forms.length < all.length ? " or null" : "";
  const isList = forms.length > 1 && forms.every((it) => "const" in it);
  const list = isList ? [{ ...schema, enum: forms.map((it) => it.const) }] : forms;
  const shown = list.length > 0 ? list : [schema];
  return shown.flatMap((form, i) => {
    const which = shown.length > 1 ? `form ${i + 1} of ${shown.length}: ` : "";
    const row = { path, required, type: `${which}${typeOf({ ...titled(schema), ...form })}${orNull}` };
    const items = isObject(form.items) ? property(form.items, `${path}[]`, true, level + 1) : [];
    // The row of an array names the type of its items.
    return [
      row,
      ...(level > MOST.levels ? [] : items.filter((it) => it.path !== `${path}[]`)),
      ...inside(form, path, level + 1),
    ];
  });
}

const schemasIn = (list: unknown): readonly Schema[] => (Array.isArray(list) ? list.filter(isObject) : []);

const titled = ({ title, description }: Schema) => ({
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
});

/** Values of a list, and characters of a description, that are told. */
const [VALUES, WIDTH] = [20, 100];

/** Puts the type of a value in words, with its bounds. */
function typeOf(schema: Schema): string {
  const { title, description, format, pattern } = schema;
  const about = [title, description].filter((it) => typeof it === "string").map((it) => short(String(it), WIDTH));
  const bounds = [
    ...between(schema.minLength, schema.maxLength, "character"),
    ...between(schema.minItems, schema.maxItems, "item"),
    ...between(schema.minimum, schema.maximum),
    ...(format === undefined ? [] : [`format ${format}`]),
    ...(pattern === undefined ? [] : [`pattern ${short(String(pattern), WIDTH)}`]),
  ];
  const more = [...bounds, ...about];
  return `${plainTypeOf(schema)}${more.length > 0 ? ` (${more.join(", ")})` : ""}`;
}

function plainTypeOf(schema: Schema): string {
  if ("const" in schema) return show(schema.const);
  if (Array.isArray(schema.enum)) {
    const more = schema.enum.length > VALUES ? ", …" : "";
    return `one of ${schema.enum.slice(0, VALUES).map(show).join(", ")}${more}`;
  }
  if (schema.type === "array") return `array of ${isObject(schema.items) ? typeOf(schema.items) : "anything"}`;
  if (schema.type !== undefined) return [schema.type].flat().join(" or ");
  return isObject(schema.properties) || schema.allOf !== undefined ? "object" : "anything";
}

/** Says between which numbers something is. */
function between(least: unknown, most: unknown, what = ""): string[] {
  const counted = (it: unknown) => (what === "" ? String(it) : plural(Number(it), what));
  if (least === undefined) return most === undefined ? [] : [`at most ${counted(most)}`];
  return [most === undefined ? `at least ${counted(least)}` : `${least} to ${counted(most)}`];
}
