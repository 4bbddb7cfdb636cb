import type { Requirement } from "../../harness/catalogue.ts";
import type { Clause } from "../../harness/protocol.ts";
import { requirements } from "../../schemas/v0/requirements.ts";

const DOCUMENT = "schemas/v0/document/protocol.md";

/** The sections of the description of the protocol, by the letter of a source. */
const SECTIONS: Readonly<Record<string, string>> = {
  A: "Authorization",
  C: "Connection",
  E: "Services",
  M: "Messages",
  S: "Schemas",
  "→": "What follows",
};

/** The words for what sources begin with. */
export const sources: Readonly<Record<string, string>> = {
  C: "how clients connect",
  M: "how messages are made",
  E: "the description of the command",
  S: "its JSON schema",
  A: "how users are authorized",
  "R 6749": "OAuth 2.0",
  "R 6750": "OAuth 2.0 bearer tokens",
  "R 7009": "OAuth 2.0 revocation",
  "R 8414": "OAuth 2.0 metadata",
  "R 9110": "HTTP",
  R: "RFC 6455 or RFC 8259",
  "→": "derived",
};

/** The place that a source names: the first of several. */
function clauseOf(source: string): Clause {
  const [first = ""] = source.split(", ");
  const [, rfc] = /^R (\d+)$/.exec(first) ?? [];
  if (rfc !== undefined) return { place: `RFC ${rfc}`, link: `https://www.rfc-editor.org/rfc/rfc${rfc}` };
  const section = SECTIONS[first.slice(0, 1)] ?? "Messages";
  return { place: `protocol.md, ${section}`, link: `${DOCUMENT}#${section.toLowerCase().replaceAll(" ", "-")}` };
}

/** The place that some requirements come from. */
export const clausesOf = (some: readonly Requirement[]): Readonly<Record<string, Clause>> =>
  Object.fromEntries(some.map(({ id, source }) => [id, clauseOf(source)]));

/** The place that each requirement comes from. */
export const clauses = clausesOf(requirements);
