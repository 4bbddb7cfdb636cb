import { isObject, type Message, parse, type WireEvent } from "../harness/transcript.ts";
import type { ReportClients } from "../reports/report.ts";

/** Kinds of mistakes that are told apart; the others are only counted. */
const KINDS = 20;

/** Judges the messages of clients, one event after another. It decides no verdict, which is about the server. */
export interface Clients {
  /** Returns the mistake in an event. */
  see(event: WireEvent): string | undefined;
  /** Counts a connection on which a client left a request without a response, if it did. */
  leaves(omission: string | undefined): void;
  found(): ReportClients;
}

/** Judges by the schemas of a protocol version: `mistakeOf` names the mistake in a JSON object. */
export function clients(mistakeOf: (message: Message) => string | undefined): Clients {
  const kinds = new Map<string, number>();
  let [messages, wrong, unanswered] = [0, 0, 0];
  const mistakeIn = (event: WireEvent): string | undefined => {
    if (event.type === "binary") return "it is binary";
    if (event.type === "violation") return `it breaks RFC 6455: ${event.data}`;
    // Not as a rule reads it: that is kept as long as the event is.
    const message = event.type === "text" ? parse(event.data) : undefined;
    return isObject(message) ? mistakeOf(message) : "it is no JSON object";
  };
  return {
    leaves(omission) {
      if (omission !== undefined) unanswered += 1;
    },
    see(event) {
      if (event.from !== "client" || !MESSAGES.has(event.type)) return undefined;
      messages += 1;
      const mistake = mistakeIn(event)?.slice(0, 200);
      if (mistake === undefined) return undefined;
      wrong += 1;
      const kind = kinds.has(mistake) || kinds.size < KINDS ? mistake : OTHERS;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      return mistake;
    },
    found() {
      const mistakes = Array.from(kinds, ([says, n]) => ({ says, messages: n }));
      const isRest = ({ says }: { readonly says: string }) => Number(says === OTHERS);
      return {
        messages,
        wrong,
        ...(unanswered > 0 && { unanswered }),
        mistakes: mistakes.toSorted((a, b) => isRest(a) - isRest(b) || b.messages - a.messages),
      };
    },
  };
}

const OTHERS = "other mistakes";
const MESSAGES: ReadonlySet<WireEvent["type"]> = new Set(["text", "binary", "violation"]);
