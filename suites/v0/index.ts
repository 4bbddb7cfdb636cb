import type { Protocol } from "../../harness/protocol.ts";
import type { Suite } from "../../harness/scenario.ts";
import { isObject, jsonOnce, type Transcript } from "../../harness/transcript.ts";
import { own, version } from "../../schemas/v0/index.ts";
import { requirements } from "../../schemas/v0/requirements.ts";
import type { Schemas } from "../../schemas/v0/schema.ts";
import { sectionsOf } from "../websocket/sections.ts";
import { causes, symptoms } from "./causes.ts";
import { clauses, sources } from "./clauses.ts";
import { dialect } from "./dialect.ts";
import { foundationsOf, survivalOf } from "./foundations.ts";
import { rulesBy } from "./messages.ts";
import { envelope, mistakesBy, ownIdOf, SUBPROTOCOL, violationsIn } from "./protocol.ts";
import { sets, withdrawn } from "./sets/index.ts";
import { suitesOf } from "./suites.ts";
import { omissionBy, unansweredRule } from "./unanswered.ts";

/** Tachyon as it is spoken today, by the schemas in a folder or those of the suite. Throws a `UsageError` for a folder that holds none. */
export async function protocolWith(folder?: string, given?: string): Promise<Protocol> {
  if (folder === undefined) return protocolBy(own);
  return protocolBy(await (await import("../../schemas/v0/read.ts")).readSchemas(folder, given));
}

const optionsFor = ({ folder, version: given }: Schemas): string[] => [
  ...(folder === undefined ? [] : ["--schemas", folder]),
  ...(given === undefined ? [] : ["--schemas-version", given]),
];

/** The facts that reports tell of a folder of schemas, if they were read from one. */
const folderOf = ({ digest, version: given }: Schemas): Pick<Protocol, "folder"> =>
  digest === undefined ? {} : { folder: { digest, ...(given !== undefined && { version: given }) } };

/** Tells if anything on a connection is of this protocol: its url, the subprotocol in its handshake, or one message. */
const speaks = ({ url, events }: Transcript): boolean =>
  /tachyon/i.test(url) ||
  events.some(
    (event) =>
      (event.type === "upgrade" && event.data.includes(SUBPROTOCOL)) ||
      (event.type === "text" && isOurs(jsonOnce(event))),
  );

/** Tells if a message has the envelope of this protocol, or tries to: it names a command. */
const isOurs = (message: unknown): boolean =>
  isObject(message) && (envelope(message) !== undefined || typeof message.commandId === "string");

function address(target: URL, query?: string): URL {
  const url = new URL(target);
  if (query !== undefined) url.search = query;
  return url;
}

/** Tachyon as it is spoken today, by some schemas. */
export function protocolBy(schemas: Schemas): Protocol {
  const suites: readonly Suite[] = suitesOf(schemas);
  return {
    name: "Tachyon",
    version,
    options: ["--protocol", version, ...optionsFor(schemas)],
    ...folderOf(schemas),
    subprotocols: [SUBPROTOCOL],
    loginHint: "Give the access token of a user with --as name:@file; if you gave one, it is wrong or expired.",
    requirements,
    schemas: schemas.all.map(({ schema }) => schema),
    messages: schemas.all,
    isElsewhere: schemas.isElsewhere,
    rules: rulesBy(schemas),
    recordedRules: [unansweredRule(schemas)],
    mistakeOf: mistakesBy(schemas),
    ownIdOf,
    omissionIn: omissionBy(schemas),
    speaks,
    envelope,
    violationsOf: violationsIn(schemas),
    latencies: [],
    rate: 8,
    login: dialect.sign,
    address,
    suites,
    foundations: foundationsOf(suites),
    canary: "requests/alone",
    survivalOf,
    sections: sectionsOf("Every message the server sends", suites, requirements),
    sources,
    clauses,
    causes,
    symptoms,
    sets,
    withdrawn,
    serve: async (options) => (await import("./reference/server.ts")).serveReference(options),
    faults: async () => (await import("./reference/faults/index.ts")).faults,
    kills: async () => (await import("./reference/kills.ts")).killsOf(suites),
  };
}
