import { scenarios } from "../../harness/scenario.ts";
import { type Violation, validator } from "../../harness/schema.ts";
import { isObject, type Message, type MessageEnvelope } from "../../harness/transcript.ts";
import { nearestOf } from "../../harness/usage.ts";
import { formats } from "../../schemas/v0/formats.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { KINDS, type Kind, type Schemas } from "../../schemas/v0/schema.ts";
import observed from "./sets/observed.json" with { type: "json" };

/** Makes a case of this version; requirements that its catalogue lacks do not compile. */
export const scenario = scenarios<RequirementId>(observed);

/** The subprotocol of this version. */
export const SUBPROTOCOL = "v0.tachyon";

/** The code by which a connection is closed for a reason. */
export const POLICY = 1008;

/** The parts of a message that say which it is; nothing where they are not as they must be. */
interface FullEnvelope extends MessageEnvelope {
  readonly kind: Kind;
  readonly id: string;
}

/** Reads the envelope of a message; nothing where it has none. */
export function envelope({ type, messageId, commandId }: Message): FullEnvelope | undefined {
  const kind = KINDS.find((it) => it === type);
  if (kind === undefined || typeof messageId !== "string" || typeof commandId !== "string") return undefined;
  return { kind, name: commandId, id: messageId };
}

/** Returns the id of a request or event, which is unique for its sender. A response has that of its request. */
export function ownIdOf(message: Message): string | undefined {
  const it = envelope(message);
  return it && it.kind !== "response" ? it.id : undefined;
}

/** Says what is wrong with the envelope of a message, if anything is. */
export function wrongIn(message: Message): string | undefined {
  const { type, messageId, commandId, data } = message;
  if (!KINDS.some((it) => it === type)) return `type is not ${KINDS.join(", ")}`;
  if (typeof messageId !== "string") return "messageId is no string";
  if (typeof commandId !== "string") return "commandId is no string";
  return data === undefined || isObject(data) ? undefined : "data is no object";
}

const { violations } = validator([], { strict: false, formats });

/** Lists what is wrong with a message by the schema that it names; nothing if there is no such schema. */
export const violationsIn =
  (schemas: Schemas) =>
  (message: Message): readonly Violation[] => {
    const known = schemas.find(message.type, message.commandId);
    return known ? violations(known.schema, message) : [];
  };

/** The reason of a response to a command that the server lacks. */
export const UNIMPLEMENTED = "command_unimplemented";

/** Tells if a message says that the server lacks a command: it may be any. */
export const isUnimplemented = ({ type, status, reason }: Message): boolean =>
  type === "response" && status === "failed" && reason === UNIMPLEMENTED;

/** Says what is wrong with a message of a client, by its envelope and its schema; nothing if all is right. */
export const mistakesBy =
  (schemas: Schemas) =>
  (message: Message): string | undefined => {
    const wrong = wrongIn(message);
    if (wrong !== undefined) return wrong;
    const known = schemas.find(message.type, message.commandId);
    if (!known && schemas.isOfServers(message.type, message.commandId)) return "only servers may send it";
    if (!known && schemas.isElsewhere(message.commandId)) return undefined;
    if (!known) return noSchemaOf(message, schemas);
    if (message.status !== "failed" && known.source.every((it) => it === "server")) return "only servers may send it";
    return violationsIn(schemas)(message)[0]?.says;
  };

/** Says that a message has no schema, and which command it may be a typing mistake of. */
function noSchemaOf({ type, commandId }: Message, { all }: Schemas): string {
  const near = nearestOf(
    String(commandId),
    all.filter(({ kind }) => kind === type).map(({ command }) => command),
  );
  return `there is no schema of ${type} ${commandId}${near === undefined ? "" : `: is it ${near}?`}`;
}
