import type { Requirement } from "../../harness/catalogue.ts";
import { type RequirementId, requirements } from "./requirements.ts";

/** The requirements on an autohost of Tachyon v0 beside the shared rows. */
export const autohostRows = [
  {
    id: "client.authorization",
    section: "autohost",
    level: "MUST",
    source: "C",
    statement: "A client that comes has one `Authorization` header: `Bearer` and an access token.",
  },
  {
    id: "client.subprotocol",
    section: "autohost",
    level: "MUST",
    source: "C",
    statement: "A client that comes offers the subprotocol `v0.tachyon`, or another minor of it.",
  },
  {
    id: "client.status",
    section: "autohost",
    level: "SHOULD",
    source: "E autohost/status",
    statement: "An autohost that connects sends `autohost/status`.",
  },
  {
    id: "client.reconnects",
    section: "autohost",
    level: "SHOULD",
    source: "→",
    why: "servers are started again, and battles go on meanwhile",
    statement: "A client whose connection ended comes again, however it ended.",
  },
] as const satisfies readonly Requirement[];

/** The rows of the catalogue that hold for autohosts as they do for servers. */
const SHARED = [
  ...["message.json", "message.envelope", "message.known", "message.direction", "message.schema"],
  ...["message.unknown-property", "message.time"],
  ...["response.correlated", "response.once", "response.status", "response.reason", "event.id-unique"],
  ...["request.answered", "request.echo", "request.pipelined", "request.extra", "request.encoding"],
  ...["request.wrong-direction", "unknown.unimplemented", "unknown.odd"],
  ...["invalid.data", "invalid.usable", "valid.odd-strings", "event.unanswered", "response.stray"],
  ...["malformed.closed", "malformed.code", "malformed.reason", "malformed.binary"],
  ...["transport.ping", "transport.fragmentation", "transport.unicode", "transport.close"],
] as readonly RequirementId[];

/** The id of a requirement that an autohost is tested by. */
export type AutohostRequirementId = RequirementId | (typeof autohostRows)[number]["id"];

/** The requirements on an autohost. */
export const autohostRequirements: readonly (Requirement & { readonly id: AutohostRequirementId })[] = [
  ...autohostRows,
  ...requirements.filter(({ id }) => SHARED.includes(id)),
];
