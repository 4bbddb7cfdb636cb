import { EACH, type Finding, type Gaps, type Rule } from "../../harness/rule.ts";
import {
  hitsBound,
  isBreach,
  isExcuse,
  isUnprovoked,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import type { Schemas } from "../../schemas/v0/schema.ts";
import { type Breach, type ConnectionFacts, connectionFacts } from "./messages-facts.ts";

/** The gaps of the client may hold the request that a response answers, and those of both what counts as answered. */
const ANSWERS: Gaps = { hide: ["server", "client"], excuse: ["client", "server"] };

/** The events that say which requests are open, and which were answered lately, of the client and of the server. */
export const requestsIn = ({ open, answered, asks, met, strange, forgot }: ConnectionFacts) => [
  ...[open, answered, asks, met].flatMap((some) =>
    [...some.values()].flatMap(({ request, response, earlier = [] }) => [...earlier, request, response]),
  ),
  strange,
  ...(forgot ? [FORGOTTEN] : []),
];

const FORGOTTEN: WireEvent = {
  ...{ at: 0, from: "client", type: "cut" },
  data: "requests that nobody can read, or more than are remembered",
};

interface How {
  readonly requirement: RequirementId;
  readonly kept: string;
  readonly gaps?: Gaps;
  /** The events that it needs, beside the one that breaks it. */
  readonly needs?: (facts: ConnectionFacts) => readonly (WireEvent | undefined)[];
}

/** The rules of this version: each tells of the first message that breaks it. */
const RULES: readonly How[] = [
  { requirement: "message.envelope", kept: "every envelope is right" },
  { requirement: "message.known", kept: "there is a schema of every message" },
  { requirement: "message.direction", kept: "every message is one of its sender" },
  { requirement: "message.schema", kept: "every message validates" },
  { requirement: "message.unknown-property", kept: "every property is named by a schema" },
  { requirement: "message.time", kept: "every time is in microseconds" },
  { requirement: "response.correlated", kept: "every response has its request", gaps: ANSWERS, needs: requestsIn },
  { requirement: "response.once", kept: "no request was answered twice", gaps: ANSWERS, needs: requestsIn },
  { requirement: "response.status", kept: "every response has a status, and what belongs to it" },
  { requirement: "response.reason", kept: "every reason is one of its list" },
  { requirement: "event.id-unique", kept: "no messageId came twice", needs: ({ ids }) => [...ids.values()] },
];

/** The rules of the section "Every message the server sends", by some schemas; `sender` is what kind of peer the target is. */
export function rulesBy(schemas: Schemas, sender = "server"): readonly Rule[] {
  const factsOf: FactsOf = (transcript) => connectionFacts(transcript, schemas, sender);
  const rules = RULES.map(({ requirement, kept, gaps = EACH, needs = () => [] }) => ({
    requirement,
    judge(transcript: Transcript): Finding {
      const breach = factsOf(transcript).breaches[requirement];
      return breach ? brokenBy(breach) : { outcome: "kept", actual: kept };
    },
    needs(transcript: Transcript) {
      const facts = factsOf(transcript);
      return [...eventsOf(facts.breaches[requirement]), ...needs(facts)];
    },
    gaps,
  }));
  return [ruleOfJson(factsOf), ...rules];
}

type FactsOf = (transcript: Transcript) => ConnectionFacts;

/** Makes the rule of the form of all messages. Bytes that are no WebSocket message break it, too. */
function ruleOfJson(factsOf: FactsOf): Rule {
  return {
    requirement: "message.json",
    judge(transcript) {
      const { breaches } = factsOf(transcript);
      const bound = transcript.events.find(hitsBound);
      const wrong = breaches["message.json"];
      const odd = transcript.events.find(isUnprovoked);
      if (wrong) return brokenBy(wrong);
      if (odd) return brokenBy({ event: odd, words: "it breaks RFC 6455" });
      if (bound) return { outcome: "inconclusive", actual: textOf(bound) };
      return { outcome: "kept", actual: "every message is a JSON object" };
    },
    needs: (transcript) => [
      ...eventsOf(factsOf(transcript).breaches["message.json"]),
      ...[hitsBound, isBreach, isExcuse].map((it) => transcript.events.find(it)),
    ],
    gaps: EACH,
  };
}

/** The events that have to be seen to see a breach. */
const eventsOf = (breach: Breach | undefined) => (breach ? [...breach.because, breach.event] : []);

const brokenBy = ({ event, words, path }: Omit<Breach, "because">): Finding => ({
  outcome: "broken",
  actual: `${words}: ${textOf(event)}`,
  events: [event],
  ...(path && { path }),
});
const textOf = (event: WireEvent) => ("data" in event ? event.data : show(event));
