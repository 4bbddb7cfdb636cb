import { type Silence, silenceOf } from "../../harness/nothing.ts";
import { EACH, type Finding, type Gaps, type Rule } from "../../harness/rule.ts";
import {
  isBreach,
  isLimit,
  isObject,
  isProvocation,
  isServerEnd,
  json,
  type Message,
  type Placed,
  show,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { repeatedName } from "../websocket/duplicates.ts";
import {
  announcement,
  asksToDisconnect,
  firstEnd,
  greetingIn,
  isData,
  isDisconnected,
  isForeign,
  isLostBefore,
  isOdd,
  isReset,
  lastBurst,
  lastSent,
  mayBeLost,
  queryIn,
  refusable,
  sent,
  toldParity,
  tooBig,
  unknown,
  unprovoked,
} from "./messages-facts.ts";
import { DISCONNECT, DISCONNECTED, GREETING, nameOf, queryOf, violationsOf } from "./protocol.ts";

const kept = (actual: string): Finding => ({ outcome: "kept", actual });
const broken = (actual: string, event: WireEvent): Finding => ({ outcome: "broken", actual, events: [event] });
const inconclusive = (actual: string, event?: WireEvent): Finding => ({
  outcome: "inconclusive",
  actual,
  ...(event && { events: [event] }),
});
const missed = (what: string, wait: Timeout): Finding => ({
  ...broken(`${what}: the suite ${wait.data}`, wait),
  ...(silenceOf(wait) && { silence: silenceOf(wait) as Silence }),
});

const rule = (requirement: RequirementId, rest: Omit<Rule, "requirement">): Rule => ({ requirement, ...rest });

/** The gaps of the server may hide a breach, and those of the client may hold an excuse. */
const ANSWER: Gaps = { hide: ["server"], excuse: ["client"] };
/** Either side may have ended the connection, or said why it ends. */
const ANY: Gaps = { hide: ["client", "server"], excuse: ["client", "server"], later: true };

/** The rules of the section "Every message the server sends". */
export const rules: readonly Rule[] = [
  rule("message.json", {
    judge(transcript) {
      const data = transcript.events.filter(isServerData);
      const limit = transcript.events.find(isLimit);
      const wrong = data.find(isWrong);
      const breach = unprovoked(transcript);
      if (wrong) return broken([quote(wrong), whyWrong(wrong)].filter(Boolean).join(": "), wrong);
      if (breach && isLostBefore(transcript, breach)) return inconclusive(`${quote(breach)}, perhaps provoked`, breach);
      if (breach) return broken(quote(breach), breach);
      if (limit) return inconclusive(quote(limit), limit);
      return kept(data.length > 0 ? "every message is a JSON object" : "no message");
    },
    needs({ events }) {
      const wrong = (event: WireEvent) => isServerData(event) && isWrong(event);
      return [isServerData, wrong, isLimit, isBreach, isProvocation].map((it) => events.find(it));
    },
    gaps: EACH,
  }),

  rule("message.known", {
    judge(transcript) {
      const wrong = unknown(transcript);
      return wrong ? brokenBy(transcript, wrong) : kept("every command is one of this version");
    },
    needs: (transcript) => [eventOf(transcript, unknown(transcript)), ...refusable(transcript)],
    gaps: ANSWER,
  }),

  rule("message.foreign", {
    judge(transcript) {
      const foreign = sent(transcript).find(isOfAnother);
      return foreign ? brokenBy(transcript, foreign) : kept("no message of another service");
    },
    needs: (transcript) => [eventOf(transcript, sent(transcript).find(isOfAnother))],
    gaps: EACH,
  }),

  rule("message.schema", {
    judge(transcript) {
      const wrong = sent(transcript).find(isInvalid);
      if (!wrong) return kept("every message validates");
      return brokenBy(transcript, wrong, `${violationsOf(wrong.message)[0]?.says}: ${show(wrong.message)}`);
    },
    needs: (transcript) => [eventOf(transcript, sent(transcript).find(isInvalid))],
    gaps: EACH,
  }),

  rule("termination.announced", {
    judge(transcript) {
      const end = firstEnd(transcript);
      if (end?.from !== "server") return kept("the server did not end the connection");
      if (announcement(transcript) >= 0) return kept("announced");
      if (transcript.events.some(isProvocation)) return kept("the suite broke RFC 6455 before");
      if (tooBig(transcript, end)) return kept("the WebSocket layer ended it over a message that was too big");
      if (mayBeLost(transcript)) return kept("several commands were on their way: a goodbye may be lost");
      return broken(`${quote(end)} with no ${DISCONNECTED} before`, end);
    },
    needs: (transcript) => [
      firstEnd(transcript),
      transcript.events[announcement(transcript)],
      transcript.events.find(isProvocation),
      lastSent(transcript),
      ...Object.values(lastBurst(transcript)).flat(),
    ],
    gaps: ANY,
  }),

  rule("termination.success-only-if-asked", {
    judge(transcript) {
      const success = sent(transcript).find(isSuccess);
      if (!success) return kept(`no ${DISCONNECTED} success`);
      const asked = transcript.events.slice(0, success.index).some(asksToDisconnect);
      if (asked) return kept("asked for");
      return brokenBy(transcript, success, `${show(success.message)}, without a ${DISCONNECT}`);
    },
    needs: (transcript) => [
      eventOf(transcript, sent(transcript).find(isSuccess)),
      transcript.events.find(asksToDisconnect),
    ],
    gaps: ANSWER,
  }),

  rule("termination.reason", {
    judge(transcript) {
      const failed = sent(transcript).filter(isFailure);
      const wrong = failed.find(isInvalid);
      if (wrong) return brokenBy(transcript, wrong);
      return kept(failed.length > 0 ? `every failed ${DISCONNECTED} validates` : `no failed ${DISCONNECTED}`);
    },
    needs(transcript) {
      const failed = sent(transcript).filter(isFailure);
      return [failed[0], failed.find(isInvalid)].map((it) => eventOf(transcript, it));
    },
    gaps: EACH,
  }),

  rule("disconnect.closes", {
    judge(transcript) {
      const rest = fromAnnouncement(transcript);
      if (rest.length === 0) return kept(`no ${DISCONNECTED}`);
      if (rest.some(isServerEnd)) return kept("closed");
      if (rest.some(isReset)) return kept("the suite reset the connection itself");
      if (transcript.events.some(isProvocation) && rest.some(isBreach))
        return kept("ended wrongly, as the suite had broken RFC 6455");
      const wait = rest.findLast(isTimeout);
      return wait ? missed("still open", wait) : inconclusive("the connection was not watched to its end");
    },
    owes(transcript) {
      const rest = fromAnnouncement(transcript);
      const over = (event: WireEvent) => isServerEnd(event) || isReset(event) || isWaitedFor(event, rest[0]);
      return rest.length > 0 && !rest.some(over) ? END : undefined;
    },
    needs(transcript) {
      const rest = fromAnnouncement(transcript);
      const first = [isServerEnd, isReset, isBreach, isTimeout].map((it) => rest.find(it));
      return [rest[0], ...first, rest.findLast(isTimeout), transcript.events.find(isProvocation)];
    },
    gaps: { hide: ["server"], excuse: ["client", "server"], later: true },
  }),

  rule("transport.handshake", {
    judge(transcript) {
      const wrong = transcript.events.find(isWrongHandshake);
      const odd = transcript.events.some(isOdd);
      return wrong && !odd ? broken(quote(wrong), wrong) : kept("no wrong answer to a handshake");
    },
    needs: ({ events }) => [events.find(isWrongHandshake), events.find(isOdd)],
    gaps: { hide: ["server"], excuse: ["client"] },
  }),

  rule("version.greeting", {
    judge(transcript) {
      const greeted = greetingIn(transcript);
      const goodbye = sent(transcript).find(isSuccess);
      const wait = transcript.events.find(isVainForGreeting);
      if (greeted) return kept("greeted");
      if (goodbye) return brokenBy(transcript, goodbye, `no ${GREETING} before ${show(goodbye.message)}`);
      return wait ? missed("not greeted", wait) : kept("no sign that it was not greeted");
    },
    needs: (transcript) => [
      eventOf(transcript, greetingIn(transcript)),
      eventOf(transcript, sent(transcript).find(isSuccess)),
      transcript.events.find(isVainForGreeting),
    ],
    gaps: { hide: ["server"], excuse: ["server"], later: true },
  }),

  rule("parity.match", {
    judge(transcript) {
      const greeted = greetingIn(transcript);
      const told = toldParity(transcript);
      // What has no parity is wrong by its schema.
      if (told === undefined || !isOfThisVersion(transcript))
        return kept("no client of this very version was told its parity");
      if (told === "match" || !greeted) return kept("match");
      return brokenBy(transcript, greeted, `a client of version ${version} is told ${show(told)}`);
    },
    needs: (transcript) => [eventOf(transcript, greetingIn(transcript)), transcript.events.find(isOdd)],
    gaps: EACH,
  }),

  rule("disconnect.last", {
    judge(transcript) {
      const [goodbye, ...rest] = fromAnnouncement(transcript);
      if (!goodbye) return kept(`no ${DISCONNECTED}`);
      const late = rest.find(isServerData);
      return late ? broken(`afterwards came ${quote(late)}`, late) : kept("nothing came afterwards");
    },
    needs(transcript) {
      const [goodbye, ...rest] = fromAnnouncement(transcript);
      return [goodbye, rest.find(isServerData)];
    },
    gaps: EACH,
  }),
];

const isServerData = (event: WireEvent) => event.from === "server" && isData(event);
const isWrong = (event: WireEvent) => !isObject(json(event)) || whyWrong(event) !== undefined;
const whyWrong = (event: WireEvent) => {
  const name = event.type === "text" && isObject(json(event)) ? repeatedName(event.data) : undefined;
  return name === undefined ? undefined : `the name ${JSON.stringify(name)} stands twice`;
};
const isWrongHandshake = (event: WireEvent) => event.type === "error" && event.handshake === true;
type Timeout = Extract<WireEvent, { readonly type: "timeout" }>;
const isTimeout = (event: WireEvent): event is Timeout => event.type === "timeout";
/** The name of the wait once the server has said that the connection is over. */
const END = "the end of the connection";
/** Tells if somebody waited in vain, and with all patience, for the end of a connection since the server announced it. */
const isWaitedFor = (event: WireEvent, announced: WireEvent | undefined): boolean =>
  isTimeout(event) && event.what === END && !event.short && event.at - (event.afterMs ?? 0) >= (announced?.at ?? 0);
const isVainForGreeting = (event: WireEvent): event is Timeout => isTimeout(event) && event.what === GREETING;

/** Tells if the url names this version, and nothing that could be taken for another. */
function isOfThisVersion({ url, events }: Transcript): boolean {
  const { versions } = queryIn(url);
  return versions.length === 1 && versions[0] === queryOf(version) && !events.some(isOdd);
}

interface Sent {
  readonly message: Message;
}

const isOfAnother = ({ message }: Sent) => isForeign(nameOf(message));
const isInvalid = ({ message }: Sent) => violationsOf(message).length > 0;
const isSuccess = ({ message }: Sent) => isDisconnected(message) && message.status === "success";
const isFailure = ({ message }: Sent) => isDisconnected(message) && message.status === "failed";

/** Broken by a message: it is what came, where no other words are given. */
const brokenBy = ({ events }: Transcript, { index, message }: Placed, words = show(message)): Finding =>
  broken(words, events[index] as WireEvent);

const eventOf = ({ events }: Transcript, placed: Placed | undefined) => placed && events[placed.index];

/** The goodbye of the server and all that came after it; nothing where there is none. */
function fromAnnouncement(transcript: Transcript): readonly WireEvent[] {
  const at = announcement(transcript);
  return at < 0 ? [] : transcript.events.slice(at);
}

const quote = (event: WireEvent) =>
  [event.type, "code" in event && event.code, "data" in event && event.data].filter(Boolean).join(" ");
