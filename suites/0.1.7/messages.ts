import { EACH, type Rule } from "../../harness/rule.ts";
import {
  hitsBound,
  isBreach,
  isExcuse,
  isObject,
  isProvocation,
  isUnprovoked,
  json,
  type WireEvent,
} from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import { repeatedName } from "../websocket/duplicates.ts";
import { exchangeRules } from "./messages-exchange.ts";
import {
  asksElsewhere,
  asksToDisconnect,
  firstEnd,
  firstUnknown,
  goodbyeAt,
  type Heard,
  heardIn,
  isForeign,
  isGoodbye,
  isLostBefore,
  isOdd,
  isServerData,
  isSuccessfulGoodbye,
  lastBurst,
  lastOfClient,
  mayBeLost,
  refusable,
  tooBig,
} from "./messages-facts.ts";
import { ANSWER, ANY, brokenAt, brokenBy, eventOf, kept, quote, rule, undecidable } from "./messages-findings.ts";
import { greetingRules } from "./messages-greeting.ts";
import { DISCONNECT, DISCONNECTED, nameOf, violationsOf } from "./protocol.ts";

/** The rules of the section "Every message the server sends". */
export const rules: readonly Rule[] = [
  rule("message.json", {
    judge(transcript) {
      const data = transcript.events.filter(isServerData);
      const bound = transcript.events.find(hitsBound);
      const wrong = data.find(isWrong);
      const breach = transcript.events.find(isUnprovoked);
      if (wrong) return brokenAt([quote(wrong), whyWrong(wrong)].filter(Boolean).join(": "), wrong);
      if (breach && isLostBefore(transcript, breach)) return undecidable(`${quote(breach)}, perhaps provoked`, breach);
      if (breach) return brokenAt(quote(breach), breach);
      if (bound) return undecidable(quote(bound), bound);
      return kept(data.length > 0 ? "every message is a JSON object" : "no message");
    },
    needs({ events }) {
      const wrong = (event: WireEvent) => isServerData(event) && isWrong(event);
      return [isServerData, wrong, hitsBound, isBreach, isExcuse].map((it) => events.find(it));
    },
    gaps: EACH,
  }),

  rule("message.known", {
    judge(transcript) {
      const wrong = firstUnknown(transcript);
      return wrong ? brokenBy(transcript, wrong) : kept("every command is one of this version");
    },
    needs: (transcript) => [eventOf(transcript, firstUnknown(transcript)), ...refusable(transcript)],
    gaps: ANSWER,
  }),

  rule("message.foreign", {
    judge(transcript) {
      const foreign = heardIn(transcript).find(isOfAnother);
      return foreign ? brokenBy(transcript, foreign) : kept("no message of another service");
    },
    needs: (transcript) => [eventOf(transcript, heardIn(transcript).find(isOfAnother))],
    gaps: EACH,
  }),

  rule("message.schema", {
    judge(transcript) {
      const wrong = heardIn(transcript).find(isInvalid);
      if (!wrong) return kept("every message validates");
      const [first] = violationsOf(wrong.message);
      const finding = brokenBy(transcript, wrong, `${first?.says}: ${show(wrong.message)}`);
      return { ...finding, ...(first && { path: first.path }) };
    },
    needs: (transcript) => [eventOf(transcript, heardIn(transcript).find(isInvalid))],
    gaps: EACH,
  }),

  rule("termination.announced", {
    judge(transcript) {
      const end = firstEnd(transcript);
      if (end?.from !== "server") return kept("the server did not end the connection");
      if (goodbyeAt(transcript) >= 0) return kept("announced");
      if (transcript.events.some(isProvocation)) return kept("the suite broke RFC 6455 before");
      if (tooBig(transcript, end)) return kept("the WebSocket layer ended it over a message that was too big");
      if (asksElsewhere(transcript) && !transcript.events.some(isServerData))
        return kept("the client asked for another place than its url: a router may have ended it");
      if (mayBeLost(transcript)) return kept("several commands were on their way: a goodbye may be lost");
      return brokenAt(`${quote(end)} with no ${DISCONNECTED} before`, end);
    },
    needs: (transcript) => [
      firstEnd(transcript),
      transcript.events[goodbyeAt(transcript)],
      transcript.events.find(isProvocation),
      transcript.events.find(isOdd),
      transcript.events.find(isServerData),
      lastOfClient(transcript),
      ...Object.values(lastBurst(transcript)).flat(),
    ],
    gaps: ANY,
  }),

  rule("termination.success-only-if-asked", {
    judge(transcript) {
      const success = heardIn(transcript).find(isSuccessfulGoodbye);
      if (!success) return kept(`no ${DISCONNECTED} success`);
      const asked = transcript.events.slice(0, success.index).some(asksToDisconnect);
      if (asked) return kept("asked for");
      return brokenBy(transcript, success, `${show(success.message)}, without a ${DISCONNECT}`);
    },
    needs: (transcript) => [
      eventOf(transcript, heardIn(transcript).find(isSuccessfulGoodbye)),
      transcript.events.find(asksToDisconnect),
    ],
    gaps: ANSWER,
  }),

  rule("termination.reason", {
    judge(transcript) {
      const failed = heardIn(transcript).filter(isFailure);
      const wrong = failed.find(isInvalid);
      if (wrong) return brokenBy(transcript, wrong);
      return kept(failed.length > 0 ? `every failed ${DISCONNECTED} validates` : `no failed ${DISCONNECTED}`);
    },
    needs(transcript) {
      const failed = heardIn(transcript).filter(isFailure);
      return [failed[0], failed.find(isInvalid)].map((it) => eventOf(transcript, it));
    },
    gaps: EACH,
  }),

  ...greetingRules,
  ...exchangeRules,
];

const isWrong = (event: WireEvent) => !isObject(json(event)) || whyWrong(event) !== undefined;
const whyWrong = (event: WireEvent) => {
  const name = event.type === "text" && isObject(json(event)) ? repeatedName(event.data) : undefined;
  return name === undefined ? undefined : `the name ${JSON.stringify(name)} stands twice`;
};
const isOfAnother = ({ message }: Heard) => isForeign(nameOf(message));
const isInvalid = ({ message }: Heard) => violationsOf(message).length > 0;
const isFailure = ({ message }: Heard) => isGoodbye(message) && message.status === "failed";
