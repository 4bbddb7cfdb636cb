import { END_OF_CONNECTION } from "../../harness/patience.ts";
import { EACH, type Rule } from "../../harness/rule.ts";
import {
  isBreach,
  isLostHandshake,
  isProvocation,
  isServerEnd,
  isWrongHandshake,
  json,
  type Placed,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import {
  announcement,
  asksForVersion,
  greetingIn,
  greetingsIn,
  isDisconnected,
  isOdd,
  isPlainRequest,
  isReset,
  isSaid,
  isServerData,
  isSuccess,
  queryIn,
  sent,
  toldParity,
} from "./messages-facts.ts";
import {
  ANSWER,
  ANY,
  brokenAt,
  brokenBy,
  eventOf,
  isTimeout,
  kept,
  missed,
  quote,
  rule,
  type Timeout,
  undecidable,
} from "./messages-findings.ts";
import { DISCONNECT, DISCONNECTED, GREETING, queryOf } from "./protocol.ts";

/** The rules of the greeting and of the disconnect flow, as they hold on every connection. */
export const exchangeRules: readonly Rule[] = [
  rule("disconnect.closes", {
    judge(transcript) {
      const rest = fromAnnouncement(transcript);
      if (rest.length === 0) return kept(`no ${DISCONNECTED}`);
      if (rest.some(isServerEnd)) return kept("closed");
      if (rest.some(isReset)) return kept("the suite reset the connection itself");
      if (rest.some(isBreach))
        return kept(
          transcript.events.some(isProvocation)
            ? "ended wrongly, as the suite had broken RFC 6455"
            : "the server broke RFC 6455 first: see message.json",
        );
      const wait = rest.findLast(isTimeout);
      if (!wait) return undecidable("the connection was not watched to its end");
      return isFarAhead(transcript) ? kept("the server may not have read so far") : missed("still open", wait);
    },
    owes(transcript) {
      const rest = fromAnnouncement(transcript);
      const over = (event: WireEvent) => isServerEnd(event) || isReset(event) || isWaitedFor(event, rest[0]);
      return rest.length > 0 && !rest.some(over) ? END_OF_CONNECTION : undefined;
    },
    needs(transcript) {
      const rest = fromAnnouncement(transcript);
      const first = [isServerEnd, isReset, isBreach, isTimeout].map((it) => rest.find(it));
      const wait = rest.findLast(isTimeout);
      return [
        rest[0],
        ...first,
        wait,
        transcript.events.find(isProvocation),
        ...unread(transcript).slice(0, 1 + AHEAD),
      ];
    },
    gaps: { hide: ["server"], excuse: ["client", "server"], later: true },
  }),

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
      // A greeting without a parity is wrong by its schema.
      if (told === undefined || !isOfThisVersion(transcript))
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
      const goodbye = announcement(transcript);
      if (goodbye >= 0 && goodbye < again.index) return kept("greeted once before the goodbye");
      const asked = transcript.events.slice(0, again.index).some(asksForVersion);
      return asked ? kept("the client asked for a version") : brokenBy(transcript, again, "a second greeting");
    },
    needs: (transcript) => [
      ...greetingsIn(transcript)
        .slice(0, 2)
        .map((it) => eventOf(transcript, it)),
      transcript.events[announcement(transcript)],
      transcript.events.find(asksForVersion),
    ],
    gaps: { ...ANSWER, excuse: ["client", "server"] },
  }),

  rule("disconnect.answered", {
    judge(transcript) {
      const { answer, wait } = plainRequest(transcript);
      if (answer) return kept("answered");
      return wait ? missed("not answered", wait) : kept("no client waited in vain for the answer to a plain request");
    },
    needs: (transcript) => neededForPlain(transcript),
    gaps: ANY,
  }),

  rule("disconnect.success", {
    judge(transcript) {
      const { answer } = plainRequest(transcript);
      if (!answer) return kept("no plain request was answered");
      return answer.message.status === "success" ? kept("success") : brokenBy(transcript, answer);
    },
    needs: (transcript) => neededForPlain(transcript),
    gaps: ANY,
  }),

  rule("disconnect.last", {
    judge(transcript) {
      const [goodbye, ...rest] = fromAnnouncement(transcript);
      if (!goodbye) return kept(`no ${DISCONNECTED}`);
      const late = rest.find(isServerData);
      return late ? brokenAt(`afterwards came ${quote(late)}`, late) : kept("nothing came afterwards");
    },
    needs(transcript) {
      const [goodbye, ...rest] = fromAnnouncement(transcript);
      return [goodbye, rest.find(isServerData)];
    },
    gaps: EACH,
  }),
];

/** Tells if somebody waited in vain, and with all patience, for the end of a connection since the server announced it. */
const isWaitedFor = (event: WireEvent, announced: WireEvent | undefined): boolean =>
  isTimeout(event) &&
  event.what === END_OF_CONNECTION &&
  !event.short &&
  event.at - (event.afterMs ?? 0) >= (announced?.at ?? 0);

const isVainForGoodbye = (event: WireEvent): event is Timeout => isTimeout(event) && event.what === DISCONNECTED;
const isVainForGreeting = (event: WireEvent): event is Timeout => isTimeout(event) && event.what === GREETING;

/** Tells if the url names this version, and nothing that could be taken for another. */
function isOfThisVersion({ url, events }: Transcript): boolean {
  const { versions } = queryIn(url);
  return versions.length === 1 && versions[0] === queryOf(version) && !events.some(isOdd);
}

/**
 * The fate of the only message of a client that says nothing but a plain disconnect request; empty of any other client, also of
 * one of which the recording lacks a part.
 */
interface Plain {
  readonly answer?: Placed | undefined;
  readonly wait?: Timeout | undefined;
}

function plainRequest(transcript: Transcript): Plain {
  const [first, ...more] = transcript.events.filter(isSaid);
  if (!first || more.length > 0 || !isPlainRequest(first)) return {};
  if (!isOfThisVersion(transcript)) return {};
  const wait = transcript.events.find(isVainForGoodbye);
  return { answer: sent(transcript).find(({ message }) => isDisconnected(message)), wait };
}

/** The events that decide the fate of a plain request. */
const neededForPlain = (transcript: Transcript): (WireEvent | undefined)[] => [
  ...transcript.events.filter(isSaid).slice(0, 2),
  eventOf(transcript, plainRequest(transcript).answer),
  transcript.events.find(isVainForGoodbye),
  transcript.events.find(isOdd),
];

/**
 * The messages without an answer that are more than some servers read ahead. Those do not see then that a client answers their close
 * frame, which stands behind what they never read, and end TCP only after a while.
 */
const AHEAD = 16;

/**
 * The message that the goodbye answers, and those that stood behind it when it came: the server need not have read these. A success
 * answers a request, and a failure the first of all.
 */
function unread(transcript: Transcript): readonly WireEvent[] {
  const at = announcement(transcript);
  const before = transcript.events.slice(0, Math.max(0, at));
  const open = before.slice(before.findLastIndex(isServerData) + 1).filter((it) => isSaid(it) && it.type !== "ping");
  const success = sent(transcript).some((it) => it.index === at && isSuccess(it));
  return open.slice(success ? Math.max(0, open.findIndex(asksToLeave)) : 0);
}

/** Tells if an event is a disconnect request in any form. */
const asksToLeave = (event: WireEvent): boolean => Object(json(event)).command === DISCONNECT;

const isFarAhead = (transcript: Transcript) => unread(transcript).length > AHEAD;

/** The goodbye of the server and all that came after it; nothing where there is none. */
function fromAnnouncement(transcript: Transcript): readonly WireEvent[] {
  const at = announcement(transcript);
  return at < 0 ? [] : transcript.events.slice(at);
}
