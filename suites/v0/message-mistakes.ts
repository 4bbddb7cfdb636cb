import { isObject, type Message, type WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { REASONS, type Schemas } from "../../schemas/v0/schema.ts";
import { unnamed, wrongTime } from "../../schemas/v0/walk.ts";
import { repeatedName } from "../websocket/duplicates.ts";
import { isUnimplemented, violationsIn, wrongIn } from "./protocol.ts";

// Finds what is wrong with a message by itself.

/** A mistake in a message, and the names of the properties that lead to it. */
export interface Mistake {
  readonly words: string;
  readonly path?: readonly string[];
}

/** Says what is wrong with one message of the server by itself. */
type Look = (message: Message, schemas: Schemas, sender: string) => Mistake | string | undefined;

const EARLIEST_DATE = Date.UTC(2020) * 1_000;
const LATEST_DATE = Date.UTC(2100) * 1_000;

/** The mistakes that are looked for in every message of the server, until one of them is found. */
const LOOKED_FOR: readonly (readonly [RequirementId, Look])[] = [
  ["message.envelope", wrongIn],
  ["message.known", (message, schemas) => (isKnown(message, schemas) ? undefined : "there is no schema of it")],
  [
    "message.direction",
    ({ type, commandId, status }, schemas, sender) => {
      // Whoever sends a request in the wrong direction may be told that it fails.
      if (type === "response" && status === "failed") return undefined;
      const { source = [sender] } = schemas.find(type, commandId) ?? {};
      return source.includes(sender) ? undefined : `its source is ${source.join(" or ")}, not ${sender}`;
    },
  ],
  ["response.status", wrongStatus],
  ["response.reason", wrongReason],
  ["message.schema", invalid],
];

/** The mistakes that are looked for in a valid message. */
const LOOKED_FOR_IN_VALID: readonly (readonly [RequirementId, Look])[] = [
  [
    "message.unknown-property",
    (message, schemas) => {
      const known = schemas.find(message.type, message.commandId);
      const path = known && unnamed(known.schema, message);
      return path && { words: `no schema names ${path.join(".")}`, path };
    },
  ],
  [
    "message.time",
    (message, schemas) => {
      const known = schemas.find(message.type, message.commandId);
      const found = known && wrongTime(known.schema, message, (time) => time < EARLIEST_DATE || time > LATEST_DATE);
      const words = found && `${found.path.join(".")} is not in microseconds: ${found.value}`;
      return words === undefined ? undefined : { words, path: found?.path ?? [] };
    },
  ],
];

/** A response names the command that the client sent, whichever that is. */
const isKnown = ({ type, commandId }: Message, schemas: Schemas) =>
  type === "response" || schemas.isElsewhere(commandId) || schemas.find(type, commandId) !== undefined;

function wrongStatus({ type, status, reason, data }: Message): string | undefined {
  if (type !== "response") return undefined;
  if (status === "success") return reason === undefined ? undefined : "a success with a reason";
  if (status !== "failed") return `the status is ${show(status)}, which is neither success nor failed`;
  if (reason === undefined) return "failed without a reason";
  return data === undefined ? undefined : "failed with data";
}

/** Finds a reason that the schema lists in no branch. If nobody defines the command, finds one that not every command may give. */
function wrongReason({ type, commandId, status, reason }: Message, schemas: Schemas): string | undefined {
  if (type !== "response" || status !== "failed") return undefined;
  const branches = Object(schemas.find(type, commandId)?.schema).anyOf ?? [];
  const known = schemas.find(type, commandId) !== undefined || schemas.isElsewhere(commandId);
  const listed = known ? branches.flatMap((it: Message) => Object(Object(it.properties).reason).enum ?? []) : REASONS;
  return listed.length === 0 || listed.includes(reason) ? undefined : `the reason ${show(reason)} is none of its list`;
}

/** The mistakes of one message that are told. */
const TOLD = 8;

/** Lists all mistakes at once, so that the author of a server needs no run for each missing property. */
function invalid(message: Message, schemas: Schemas): Mistake | undefined {
  const found = violationsIn(schemas)(message);
  const [first] = found;
  if (!first) return undefined;
  const more = found.length > TOLD ? [`${found.length - TOLD} more`] : [];
  return { words: [...found.slice(0, TOLD).map(({ says }) => says), ...more].join(", "), path: first.path };
}

/** The means to look at a message; `isStray` says that it is a response without a request. */
interface Looking {
  readonly schemas: Schemas;
  readonly sender: string;
  readonly isStray: boolean;
}

/** Notes what is wrong with a message by itself. */
export function look(
  event: WireEvent,
  message: unknown,
  { schemas, sender, isStray }: Looking,
  broken: (id: RequirementId, mistake: Mistake) => void,
): void {
  if (!isObject(message)) {
    broken("message.json", { words: event.type === "binary" ? "a binary message" : "no JSON object" });
    return;
  }
  const twice = event.type === "text" ? repeatedName(event.data) : undefined;
  if (twice !== undefined) broken("message.json", { words: `the name ${JSON.stringify(twice)} stands twice` });
  for (const [id, wrong] of LOOKED_FOR) {
    if (id === "response.reason" && isStray) continue; // Its reasons are those of its request, and it has none.
    const found = wrong(message, schemas, sender);
    if (found === undefined) continue;
    broken(id, mistakeOf(found));
    return;
  }
  for (const [id, wrong] of isUnimplemented(message) ? [] : LOOKED_FOR_IN_VALID) {
    const found = wrong(message, schemas, sender);
    if (found !== undefined) broken(id, mistakeOf(found));
  }
}

const mistakeOf = (found: Mistake | string): Mistake => (typeof found === "string" ? { words: found } : found);
