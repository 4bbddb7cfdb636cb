import type { Finding, RecordedRule } from "../../harness/rule.ts";
import { isObject, jsonOnce, type Transcript, type WireEvent } from "../../harness/transcript.ts";
import { plural, show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import type { Schemas } from "../../schemas/v0/schema.ts";
import { requestsIn } from "./messages.ts";
import { type AskedMessage, type ConnectionFacts, connectionFacts } from "./messages-facts.ts";
import { wrongIn } from "./protocol.ts";

/**
 * A response counts as missing once the connection went on for this time after the request, in ms: many times what servers take, and the
 * longest silence that the protocol allows a server.
 */
const UNANSWERED_AFTER = 10_000;

/** The requirements whose breach may hide a response, since nobody can read it as one. */
const UNREAD: readonly RequirementId[] = ["message.json", "message.envelope", "response.correlated"];

/** Tells if a server has to answer a request, whatever stands in its data. */
const isWellFormed = (request: WireEvent): boolean => {
  const message = jsonOnce(request);
  return isObject(message) && wrongIn(message) === undefined;
};

/** Returns the requests that lack a response which the server owes. Of two with one id a server may leave one aside. */
const openIn = ({ open }: ConnectionFacts): readonly WireEvent[] =>
  [...open.values()].flatMap(({ request, earlier }) => (!earlier && isWellFormed(request) ? [request] : []));

/** The commands that are named where several have no response. */
const NAMED_COMMANDS = 3;

/** Says which requests had no response by the end of what is recorded. */
function unansweredIn(open: readonly WireEvent[], { events }: Transcript): string {
  const names = [...new Set(open.map((it) => String(Object(jsonOnce(it)).commandId)))];
  const more = names.length > NAMED_COMMANDS ? ", …" : "";
  const what = `${plural(open.length, "request")} (${names.slice(0, NAMED_COMMANDS).join(", ")}${more}) had no response`;
  return `${what} when ${events.some(isEndOfConnection) ? "the connection" : "the recording"} ended`;
}

const isEndOfConnection = ({ type }: WireEvent): boolean => ["close", "end", "error", "limit"].includes(type);

/** Tells if a request that came after another was answered long after that. */
const wentOn = (open: WireEvent, answered: ReadonlyMap<string, AskedMessage>): boolean =>
  [...answered.values()].some(
    ({ request, response }) =>
      request.at > open.at && response !== undefined && response.at > open.at + UNANSWERED_AFTER,
  );

function find(transcript: Transcript, facts: ConnectionFacts): Finding {
  const all = openIn(facts);
  const [open] = all;
  if (!open) return { outcome: "kept", actual: "every request has its response" };
  if (facts.forgot || UNREAD.some((id) => facts.breaches[id]))
    return {
      outcome: "inconclusive",
      actual: "a message that nobody can read may be its response, or the same request",
    };
  if (!wentOn(open, facts.answered)) return { outcome: "inconclusive", actual: unansweredIn(all, transcript) };
  const words = `no response, and a later request was answered more than ${UNANSWERED_AFTER / 1_000} s after it`;
  return { outcome: "broken", actual: `${words}: ${"data" in open ? open.data : show(open)}`, events: [open] };
}

/** Judges a recorded request that is never answered, where the connection went on for long, and later ones were answered. */
export function unansweredRule(schemas: Schemas, sender = "server"): RecordedRule {
  return {
    requirement: "request.answered" satisfies RequirementId,
    applies(transcript) {
      const { open, answered } = connectionFacts(transcript, schemas, sender);
      return open.size + answered.size > 0;
    },
    judge: (transcript) => find(transcript, connectionFacts(transcript, schemas, sender)),
    needs: (transcript) => requestsIn(connectionFacts(transcript, schemas, sender)),
    gaps: { hide: ["server", "client"], excuse: ["client", "server"], later: true },
  };
}

/** Says which request of the server a client never answered, though it answered later ones long after it. */
export const omissionBy =
  (schemas: Schemas) =>
  (transcript: Transcript): string | undefined => {
    const { asks, met, strange, forgot } = connectionFacts(transcript, schemas, "server");
    const [open] = asks.values();
    if (!open || strange || forgot || !wentOn(open.request, met)) return undefined;
    const message = jsonOnce(open.request);
    return isObject(message) ? `there is no response to ${message.commandId}` : undefined;
  };
