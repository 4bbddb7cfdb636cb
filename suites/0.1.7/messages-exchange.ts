import { EACH, type Rule } from "../../harness/rule.ts";
import {
  isBreach,
  isClientEnd,
  isProvocation,
  isServerEnd,
  json,
  type Placed,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import { END_OF_CONNECTION } from "../../harness/waited.ts";
import {
  goodbyeAt,
  greetingIn,
  heardIn,
  isGoodbye,
  isOdd,
  isOfThisVersion,
  isOwnTcpEnd,
  isPlainRequest,
  isSaid,
  isServerData,
  isSuccessfulGoodbye,
} from "./messages-facts.ts";
import {
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
import { DISCONNECT, DISCONNECTED } from "./protocol.ts";

/** The rules of the disconnect flow, as they hold on every connection. */
export const exchangeRules: readonly Rule[] = [
  rule("disconnect.closes", {
    judge(transcript) {
      const rest = fromGoodbye(transcript);
      if (rest.length === 0) return kept(`no ${DISCONNECTED}`);
      if (rest.some(isServerEnd)) return kept("closed");
      if (rest.some(isOwnTcpEnd)) return kept("the suite reset the connection itself");
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
      const rest = fromGoodbye(transcript);
      const over = (event: WireEvent) => isServerEnd(event) || isOwnTcpEnd(event) || isWaitedFor(event, rest[0]);
      return rest.length > 0 && !rest.some(over) ? END_OF_CONNECTION : undefined;
    },
    needs(transcript) {
      const rest = fromGoodbye(transcript);
      const first = [isServerEnd, isOwnTcpEnd, isBreach, isTimeout].map((it) => rest.find(it));
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

  rule("disconnect.clean-close", {
    judge(transcript) {
      const end = endBehindPlain(transcript);
      if (end?.from !== "server") return kept("the server closed no connection after a plain request");
      const isClean = end.type === "close" && (end.code ?? CLEAN) === CLEAN;
      return isClean ? kept(`closed with code ${end.code ?? "none"}`) : brokenAt(quote(end), end);
    },
    needs: (transcript) => [...neededForPlain(transcript), endBehindPlain(transcript)],
    gaps: ANY,
  }),

  rule("disconnect.last", {
    judge(transcript) {
      const [goodbye, ...rest] = fromGoodbye(transcript);
      if (!goodbye) return kept(`no ${DISCONNECTED}`);
      const late = rest.find(isServerData);
      return late ? brokenAt(`afterwards came ${quote(late)}`, late) : kept("nothing came afterwards");
    },
    needs(transcript) {
      const [goodbye, ...rest] = fromGoodbye(transcript);
      return [goodbye, rest.find(isServerData)];
    },
    gaps: EACH,
  }),
];

/** Tells if somebody waited in vain for the end of a connection since the goodbye, for the whole timeout. */
const isWaitedFor = (event: WireEvent, goodbye: WireEvent | undefined): boolean =>
  isTimeout(event) &&
  event.what === END_OF_CONNECTION &&
  !event.short &&
  event.at - (event.afterMs ?? 0) >= (goodbye?.at ?? 0);

const isVainForGoodbye = (event: WireEvent): event is Timeout => isTimeout(event) && event.what === DISCONNECTED;
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
  return { answer: heardIn(transcript).find(({ message }) => isGoodbye(message)), wait };
}

/** The code of a connection that has fulfilled its purpose (RFC 6455, 7.4.1). */
const CLEAN = 1000;

/** Returns the event by which a side first ended the connection of a client whose plain request was carried out. */
function endBehindPlain(transcript: Transcript): WireEvent | undefined {
  const { answer } = plainRequest(transcript);
  if (!answer || !isSuccessfulGoodbye(answer)) return undefined;
  return transcript.events.slice(answer.index + 1).find((event) => isServerEnd(event) || isClientEnd(event));
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
  const at = goodbyeAt(transcript);
  const before = transcript.events.slice(0, Math.max(0, at));
  const greeting = greetingIn(transcript)?.index; // It answers nothing, and may come late.
  const answered = before.findLastIndex((event, i) => isServerData(event) && i !== greeting);
  const open = before.slice(answered + 1).filter((it) => isSaid(it) && it.type !== "ping");
  const success = heardIn(transcript).some((it) => it.index === at && isSuccessfulGoodbye(it));
  return open.slice(success ? Math.max(0, open.findIndex(asksToLeave)) : 0);
}

/** Tells if an event is a disconnect request in any form. */
const asksToLeave = (event: WireEvent): boolean => Object(json(event)).command === DISCONNECT;

const isFarAhead = (transcript: Transcript) => unread(transcript).length > AHEAD;

/** The goodbye of the server and all that came after it; nothing where there is none. */
function fromGoodbye(transcript: Transcript): readonly WireEvent[] {
  const at = goodbyeAt(transcript);
  return at < 0 ? [] : transcript.events.slice(at);
}
