import { EACH, type Rule } from "../../harness/rule.ts";
import { isLostHandshake, isObject, isWrongHandshake, type Placed, type WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import {
  asksAsThisVersion,
  asksForVersion,
  goodbyeAt,
  greetingIn,
  greetingsIn,
  heardIn,
  isOdd,
  isSuccessfulGoodbye,
  toldParity,
} from "./messages-facts.ts";
import {
  ANSWER,
  brokenAt,
  brokenBy,
  eventOf,
  isTimeout,
  kept,
  missed,
  quote,
  rule,
  type Timeout,
} from "./messages-findings.ts";
import { GREETING } from "./protocol.ts";

/** The rules of the handshake and of the greeting, as they hold on every connection. */
export const greetingRules: readonly Rule[] = [
  rule("transport.handshake", {
    judge(transcript) {
      const { events } = transcript;
      const wrong = events.find(isWrongHandshake);
      const lost = events.find(isLostHandshake);
      if (wrong && !events.some(isOdd)) return brokenAt(quote(wrong), wrong);
      return lost
        ? missed("no answer, unlike those before and after it", lost)
        : kept("no wrong answer to a handshake");
    },
    needs: ({ events }) => [isWrongHandshake, isLostHandshake, isOdd].map((it) => events.find(it)),
    gaps: { hide: ["server"], excuse: ["client"] },
  }),

  rule("version.greeting", {
    judge(transcript) {
      const greeted = greetingIn(transcript);
      const goodbye = heardIn(transcript).find(isSuccessfulGoodbye);
      const wait = transcript.events.find(isVainForGreeting);
      if (greeted) return kept("greeted");
      if (goodbye) return brokenBy(transcript, goodbye, `no ${GREETING} before ${show(goodbye.message)}`);
      return wait ? missed("not greeted", wait) : kept("no sign that it was not greeted");
    },
    needs: (transcript) => [
      eventOf(transcript, greetingIn(transcript)),
      eventOf(transcript, heardIn(transcript).find(isSuccessfulGoodbye)),
      transcript.events.find(isVainForGreeting),
    ],
    gaps: { hide: ["server"], excuse: ["server"], later: true },
  }),

  rule("version.first", {
    judge(transcript) {
      const [first] = heardIn(transcript);
      const greeted = greetingIn(transcript);
      if (!first || !greeted) return kept("not greeted");
      return first.index === greeted.index ? kept("the greeting came first") : brokenBy(transcript, first);
    },
    needs: (transcript) => [heardIn(transcript)[0], greetingIn(transcript)].map((it) => eventOf(transcript, it)),
    gaps: { hide: ["server"], excuse: ["server"] },
  }),

  rule("version.current", {
    judge(transcript) {
      const wrong = greetingsIn(transcript).find(isOfAnotherVersion);
      return wrong ? brokenBy(transcript, wrong) : kept(`no greeting names another version than ${version}`);
    },
    needs: (transcript) => [eventOf(transcript, greetingsIn(transcript).find(isOfAnotherVersion))],
    gaps: EACH,
  }),

  rule("parity.match", {
    judge(transcript) {
      const greeted = greetingIn(transcript);
      const told = toldParity(transcript);
      // A greeting without a parity is wrong by its schema.
      if (told === undefined || !asksAsThisVersion(transcript))
        return kept("no client of this very version was told its parity");
      if (told === "match" || !greeted) return kept("match");
      return brokenBy(transcript, greeted, `a client of version ${version} is told ${show(told)}`);
    },
    needs: (transcript) => [eventOf(transcript, greetingIn(transcript)), transcript.events.find(isOdd)],
    gaps: { hide: ["server"], excuse: ["client", "server"] },
  }),

  rule("version.once", {
    judge(transcript) {
      const [first, again] = greetingsIn(transcript);
      if (!again) return kept(first ? "greeted once" : "not greeted");
      // Nothing may follow a goodbye, so that is what `disconnect.last` finds.
      const goodbye = goodbyeAt(transcript);
      if (goodbye >= 0 && goodbye < again.index) return kept("greeted once before the goodbye");
      const asked = transcript.events.slice(0, again.index).some(asksForVersion);
      return asked ? kept("the client asked for a version") : brokenBy(transcript, again, "a second greeting");
    },
    needs: (transcript) => [
      ...greetingsIn(transcript)
        .slice(0, 2)
        .map((it) => eventOf(transcript, it)),
      transcript.events[goodbyeAt(transcript)],
      transcript.events.find(asksForVersion),
    ],
    gaps: { ...ANSWER, excuse: ["client", "server"] },
  }),
];

const isVainForGreeting = (event: WireEvent): event is Timeout => isTimeout(event) && event.what === GREETING;

/** Tells if a greeting names another version. One that names none breaks the schema. */
const isOfAnotherVersion = ({ message: { data } }: Placed): boolean =>
  isObject(data) && typeof data.tachyonVersion === "string" && data.tachyonVersion !== version;
