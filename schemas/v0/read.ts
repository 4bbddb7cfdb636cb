import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { Ajv } from "ajv";
import { isObject, parse } from "../../harness/transcript.ts";
import { reason, UsageError } from "../../harness/usage.ts";
import { formats } from "./formats.ts";
import { KINDS, type Kind, type MessageSchema, type Schema, type Schemas, schemasOf } from "./schema.ts";

/** The most files of a protocol; bytes, values and levels of a file; and values of a schema whose references are filled in. */
const MOST = { files: 2_000, bytes: 1 << 20, own: 10_000, levels: 100, values: 100_000 } as const;

const NAME_A_FOLDER = "Name a folder that holds <service>/<endpoint>/<type>.json, as the protocol's repository has it.";

/** The content of the files of a folder, by their paths in it. */
type Files = ReadonlyMap<string, unknown>;

/**
 * Reads a folder of schemas, any version of them: `<service>/<endpoint>/<type>.json`, and what they refer to. Throws a `UsageError`
 * where it is none.
 */
export async function readSchemas(folder: string, version?: string): Promise<Schemas> {
  const paths = await pathsIn(folder);
  const texts = await Promise.all(paths.map(async (path) => [path, await textOf(folder, path)] as const));
  const files: Files = new Map(texts.map(([path, text]) => [path, checked(folder, path, text)]));
  const all = paths.flatMap((path) => messageSchema(folder, path, files) ?? []);
  if (all.length === 0) throw new UsageError(`${folder} holds no schema of a message. ${NAME_A_FOLDER}`);
  const digest = createHash("sha256").update(JSON.stringify(texts)).digest("hex");
  return schemasOf(all, { folder, digest, ...(version !== undefined && { version }) });
}

/** The paths of all JSON files in a folder of folders, in order. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (path: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const at = posix.join(path, entry.name);
      const it = entry.isSymbolicLink() ? await stat(join(folder, at)) : entry;
      if (it.isDirectory() && depth < 3) await look(at, depth + 1);
      else if (it.isFile()) found.push(at);
      if (found.length > MOST.files)
        throw new UsageError(
          `${folder} holds more than ${MOST.files} files, too many for a protocol. ${NAME_A_FOLDER}`,
        );
    }
  };
  try {
    await look("", 0);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot read the schemas in ${folder}: ${reason(error)}. ${NAME_A_FOLDER}`);
  }
  return found.filter((path) => path.endsWith(".json")).sort();
}

/** Editors of some systems write it. Other tools that read JSON leave it out. */
const BYTE_ORDER_MARK = /^\ufeff/;

async function textOf(folder: string, path: string): Promise<string> {
  try {
    const bytes = await readFile(join(folder, path));
    if (bytes.length <= MOST.bytes) return bytes.toString().replace(BYTE_ORDER_MARK, "");
  } catch (error) {
    throw new UsageError(`Cannot read ${join(folder, path)}: ${reason(error)}.`);
  }
  throw new UsageError(`${join(folder, path)} has more than ${MOST.bytes} bytes, too many for a schema.`);
}

/** Says why a value is too much for a validator, level by level. */
function tooMuch(value: unknown): string | undefined {
  let count = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    count += level.length;
    if (depth > MOST.levels) return `it is deeper than ${MOST.levels} levels`;
    if (count > MOST.own) return `it holds more than ${MOST.own} values`;
    level = level.flatMap((it) => (typeof it === "object" && it !== null ? Object.values(it) : []));
  }
  return undefined;
}

const ajv = new Ajv({ strict: false, logger: false });

/** The schema that a text is. */
function checked(folder: string, path: string, text: string): unknown {
  const value = parse(text);
  const wrong = (why: string) => new UsageError(`${join(folder, path)} is no JSON schema: ${why}.`);
  if (!isObject(value)) throw wrong("it holds no JSON object");
  const much = tooMuch(value);
  if (much !== undefined) throw wrong(much);
  const { $schema: _, ...schema } = value;
  if (ajv.validateSchema(schema)) return schema;
  const [{ instancePath = "", message = "" } = {}] = ajv.errors ?? [];
  throw wrong(`${instancePath.slice(1).replaceAll("/", ".") || "the file"} ${message}`);
}

/** The schema of a message, where a file is one; others are only referred to. */
function messageSchema(folder: string, path: string, files: Files): MessageSchema | undefined {
  const [service = "", endpoint = "", file = "", ...more] = path.split("/");
  const kind = KINDS.find((it): it is Kind => file === `${it}.json`);
  const schema = files.get(path);
  if (kind === undefined || more.length > 0 || !isObject(schema)) return undefined;
  const { source, target } = isObject(schema.tachyon) ? schema.tachyon : {};
  const actors = (given: unknown) => [given].flat().filter((it) => typeof it === "string");
  if (actors(source).length === 0)
    throw new UsageError(`${join(folder, path)} does not say who sends the message: tachyon.source is missing.`);
  return {
    command: `${service}/${endpoint}`,
    kind,
    source: actors(source),
    target: actors(target),
    schema: filledIn(folder, path, files),
  };
}

/** A schema in which each reference is replaced by its target. */
function filledIn(folder: string, path: string, files: Files): Schema {
  let values = 0;
  const within = (value: unknown, at: string, trail: readonly string[]): unknown => {
    values += 1;
    if (values > MOST.values)
      throw new UsageError(`${join(folder, path)} refers to more than ${MOST.values} values, too many for a message.`);
    if (Array.isArray(value)) return value.map((it) => within(it, at, trail));
    if (!isObject(value)) return value;
    if (typeof value.$ref === "string") return referredTo(value.$ref, at, trail);
    holdable(value, join(folder, at));
    // A name may stand only once, and would stand wherever the schema is filled in.
    const parts = Object.entries(value).filter(([name, it]) => name !== "$id" || typeof it !== "string");
    return Object.fromEntries(parts.map(([name, it]) => [name, within(it, at, trail)]));
  };
  const referredTo = (reference: string, at: string, trail: readonly string[]): unknown => {
    const [file = "", pointer = ""] = reference.split("#", 2);
    const to = file === "" ? at : posix.normalize(posix.join(posix.dirname(at), file));
    const name = `${to}${pointer && `#${pointer}`}`;
    if (trail.includes(name))
      throw new UsageError(`${join(folder, path)} refers to itself: ${[...trail, name].join(" → ")}.`);
    const found = pointed(files.get(to), pointer);
    if (found === undefined) throw new UsageError(`${join(folder, at)} refers to ${reference}, and there is none.`);
    return within(found, to, [...trail, name]);
  };
  return within(files.get(path), path, [path]) as Schema;
}

/** A text without its percent encoding; the text itself if that is no valid encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value that a JSON pointer names. */
const pointed = (value: unknown, pointer: string): unknown =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => decoded(name).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((it, name) => (isObject(it) ? it[name] : undefined), value);

/** Throws a `UsageError` for a format or a pattern that nobody here can judge by. */
function holdable({ format, pattern, patternProperties }: Schema, file: string): void {
  if (typeof format === "string" && !Object.hasOwn(formats, format))
    throw new UsageError(`${file} asks for the format "${format}". Known are ${Object.keys(formats).join(", ")}.`);
  const patterns = [pattern, ...(isObject(patternProperties) ? Object.keys(patternProperties) : [])];
  const wrong = patterns.find((it) => typeof it === "string" && !formats.regex(it));
  if (wrong !== undefined) throw new UsageError(`${file} holds the pattern ${JSON.stringify(wrong)}, which is none.`);
}
