import { type Nothing, nothing, silenceOf, silent } from "./nothing.ts";
import { isBreach, isServerEnd, readFrom, type WireEvent } from "./transcript.ts";
import { show } from "./words.ts";

/** The end of a connection by the server: with a close frame (and a code, if it holds one), or without. */
export interface Ending {
  readonly frame: boolean;
  readonly code?: number;
}

/** Returns the end of a connection that is over, or `undefined` if the server did not end it. */
export function ended({ events }: { readonly events: readonly WireEvent[] }): Ending | undefined {
  const last = events.findLast(isServerEnd);
  if (last?.type === "end") return readFrom(last, { frame: false });
  if (last?.type !== "close") return undefined;
  return readFrom(last, last.code === undefined ? { frame: true } : { frame: true, code: last.code });
}

/** Returns the reason why nothing more can come on a connection that is over; `target` is the target in a word. */
export function ending(events: readonly WireEvent[], target = "server"): Nothing {
  const why = (event: WireEvent) => isBreach(event) || event.type === "error" || event.type === "limit";
  const last = events.find(why) ?? events.findLast(isServerEnd) ?? events.at(-1);
  return readFrom(last, nothingAfter(last, target));
}

/** The code of a close frame, and its reason: that may say all there is to know. */
const wordsOfClose = ({ code, data }: Extract<WireEvent, { readonly type: "close" }>) =>
  [code ?? "no code", ...(data === "" ? [] : [show(data)])].join(" ");

function nothingAfter(last: WireEvent | undefined, target: string): Nothing {
  switch (last?.type) {
    case "error":
      return nothing(`the connection failed: ${last.data}`);
    case "violation":
      return nothing(`the ${target} broke the WebSocket protocol: ${last.data}`);
    case "limit":
      return nothing(`the suite stopped reading: ${last.data}`, true);
    case "close":
      if (last.from === "client") return nothing("the suite ended the connection itself");
      return nothing(`the ${target} closed the connection first (${wordsOfClose(last)})`);
    case "upgrade":
      return nothing(`the ${target} refused the WebSocket with HTTP ${last.code ?? "nothing"}`);
    case "timeout": {
      const silence = silenceOf(last);
      return silence ? silent(silence) : nothing(last.data);
    }
    default:
      if (last?.from === "client") return nothing("the suite ended the connection itself");
      return nothing(`the ${target} ended the TCP connection first, without a close frame`);
  }
}
