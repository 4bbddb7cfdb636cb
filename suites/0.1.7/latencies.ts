import type { Latency } from "../../harness/protocol.ts";
import { isServerEnd, type Transcript, type WireEvent } from "../../harness/transcript.ts";
import { DISCONNECT } from "./protocol.ts";

/** From the request for the connection to the first message. */
const greeting = ({ events }: Transcript) =>
  between(
    events.find(({ from, type }) => from === "client" && type === "upgrade"),
    events.find(({ from, type }) => from === "server" && type === "text"),
  );

/** From the request to be disconnected, where that is all that the client sent, to the end. */
function disconnect({ events }: Transcript): number | undefined {
  const [request, ...rest] = events.filter(({ from, type }) => from === "client" && type !== "upgrade");
  if (request?.type !== "text" || !isRequest(request.data) || rest.some(({ type }) => type !== "close"))
    return undefined;
  return between(request, events.slice(events.indexOf(request)).find(isServerEnd));
}

const isRequest = (text: string) => text === JSON.stringify({ command: DISCONNECT });

const between = (from: WireEvent | undefined, to: WireEvent | undefined) =>
  from && to && to.at >= from.at ? to.at - from.at : undefined;

/** The waits that users of a server notice. */
export const latencies: readonly Latency[] = [
  { name: "greeting", of: greeting },
  { name: "disconnect", of: disconnect },
];
