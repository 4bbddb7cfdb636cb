/** A JSON schema without references: all that it needs stands in it. */
export type Schema = Readonly<Record<string, unknown>>;

/** The kinds of messages. */
export const KINDS = ["request", "response", "event"] as const;
/** A kind of message. */
export type Kind = (typeof KINDS)[number];

/** The senders and receivers of a message. */
export interface Direction {
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** The schema of one message, and who sends it to whom. */
export interface MessageSchema extends Direction {
  readonly command: string;
  readonly kind: Kind;
  readonly schema: Schema;
}

/** All messages that are known, and where their schemas come from. */
export interface Schemas {
  /** The name of a folder; nothing for those of the suite. */
  readonly folder?: string;
  /** Changes with every file that was read. */
  readonly digest?: string;
  /** The version of those in the folder, as the user gives it. */
  readonly version?: string;
  readonly all: readonly MessageSchema[];
  find(kind: unknown, command: unknown): MessageSchema | undefined;
  /** Tells if a command is of a service that the protocol has, and these schemas have not. */
  isElsewhere(command: unknown): boolean;
  /** Tells if a message of such a service is one that only servers send. */
  isOfServers(kind: unknown, command: unknown): boolean;
}

/** The services of which there are no schemas, and what only servers send of their messages. */
interface Elsewhere {
  readonly services: readonly string[];
  readonly ofServers: Readonly<Record<string, readonly string[]>>;
}

/** Puts schemas together. Those of the services `elsewhere` are not among them. */
export function schemasOf(
  all: readonly MessageSchema[],
  from: Pick<Schemas, "folder" | "digest" | "version"> = {},
  { services, ofServers }: Elsewhere = { services: [], ofServers: {} },
): Schemas {
  const byKind = new Map<unknown, Map<unknown, MessageSchema>>(KINDS.map((kind) => [kind, new Map()]));
  for (const it of all) byKind.get(it.kind)?.set(it.command, it);
  return {
    ...from,
    all,
    find: (kind, command) => byKind.get(kind)?.get(command),
    isElsewhere: (command) => services.some((service) => String(command).startsWith(`${service}/`)),
    isOfServers: (kind, command) => (ofServers[String(kind)] ?? []).includes(String(command)),
  };
}

/** The reasons that every command may give. */
export const REASONS = ["internal_error", "unauthorized", "invalid_request", "command_unimplemented"] as const;

const STRING = { type: "string" } as const;

/** Describes an object in which all properties must be there, except those that are optional. */
export const object = (properties: Readonly<Record<string, Schema>>, ...optional: readonly string[]): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const message = (type: Kind, command: string, more: Readonly<Record<string, Schema>>, ...optional: readonly string[]) =>
  object({ type: { const: type }, messageId: STRING, commandId: { const: command }, ...more }, ...optional);

const withData = (data: Schema | undefined): Readonly<Record<string, Schema>> => (data ? { data } : {});

const TO_SERVER: Direction = { source: ["user"], target: ["server"] };
const FROM_SERVER: Direction = { source: ["server"], target: ["user"] };

/** A request, by default of a user, and its response. `ok` is the data of a success, `reasons` are its own. */
export function command(
  name: string,
  {
    data,
    optional = false,
    ok,
    reasons = [],
    way = TO_SERVER,
  }: {
    readonly data?: Schema;
    readonly optional?: boolean;
    readonly ok?: Schema;
    readonly reasons?: readonly string[];
    readonly way?: Direction;
  } = {},
): readonly MessageSchema[] {
  const success = message("response", name, { status: { const: "success" }, ...withData(ok) });
  const reason = { enum: [...reasons, ...REASONS] };
  const failed = message("response", name, { status: { const: "failed" }, reason, details: STRING }, "details");
  return [
    {
      command: name,
      kind: "request",
      ...way,
      schema: message("request", name, withData(data), ...(optional ? ["data"] : [])),
    },
    { command: name, kind: "response", source: way.target, target: way.source, schema: { anyOf: [success, failed] } },
  ];
}

/** An event, by default one that the server sends to a user. */
export const event = (name: string, data: Schema, way = FROM_SERVER): MessageSchema => ({
  command: name,
  kind: "event",
  ...way,
  schema: message("event", name, { data }),
});
