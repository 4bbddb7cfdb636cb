import type { WireEvent } from "../../harness/transcript.ts";
import { visible } from "../../reports/escape.ts";
import type { ReportConnection } from "../../reports/report.ts";
import { quoted } from "../../reports/shell-commands.ts";

/** The most terminals that one person can work with at a time. */
const TERMINALS = 4;

/** The longest text that can be pasted, in characters. Reports cut longer ones. */
const TYPEABLE = 1_000;

/** The characters of a server's message that are shown. */
const MESSAGE_CHARACTERS = 200;

/**
 * Tells how to do a case by hand, step by step, from what happened on its connections; or why that is impossible. `beyond` lists
 * those of its acts that no generic WebSocket client can do; every client offers the `subprotocols`.
 */
export function exchange(
  connections: readonly ReportConnection[],
  beyond: ReadonlySet<string>,
  subprotocols: readonly string[] = [],
): string[] {
  const [why] = [...beyond, ...obstacles(connections)];
  if (why !== undefined) return [`not by hand with a generic WebSocket client: the case ${why}`];
  const several = connections.length > 1;
  const steps = connections.flatMap((connection, i) =>
    stepsOf(connection, subprotocols).map(({ words, ...step }) => ({
      ...step,
      words: several ? `${i + 1} ${words}` : words,
    })),
  );
  const how = [
    ...(several ? ["each in a terminal of its own, by number"] : []),
    ...(connections.some(({ events }) => typed(events).length > 1)
      ? ["→ lines that follow each other pasted at once"]
      : []),
  ];
  return [
    `by hand, with wscat or websocat${how.map((words) => `, ${words}`).join("")}:`,
    ...steps.toSorted((one, other) => one.at - other.at).map(({ words }) => `  ${words}`),
    `  with websocat: ${["websocat", ...(subprotocols.length > 0 ? ["--protocol", quoted(subprotocols.join(", "))] : []), ...authorizedBy(connections[0]?.events ?? []), shell(connections[0]?.url ?? "")].join(" ")}`,
  ];
}

function obstacles(connections: readonly ReportConnection[]): string[] {
  const texts = connections.flatMap(({ events }) => typed(events));
  return [
    ...(connections.length > TERMINALS ? [`opens ${connections.length} connections`] : []),
    ...(texts.some((text) => text.length > TYPEABLE) ? ["sends more than can be pasted"] : []),
    ...(texts.some((text) => text.trim() === "" || visible(text) !== text) ? ["sends what cannot be typed"] : []),
  ];
}

const typed = (events: readonly WireEvent[]): string[] =>
  events.flatMap((event) => (event.type === "text" && event.from === "client" ? [event.data] : []));

interface Step {
  readonly at: number;
  readonly words: string;
}

/** Lists the steps on one connection, and the answers. */
const stepsOf = ({ url, name, events }: ReportConnection, subprotocols: readonly string[]): Step[] => [
  {
    at: events[0]?.at ?? 0,
    words: `$ ${["npx wscat", ...offered(subprotocols), ...authorizedBy(events), "-c", shell(url)].join(" ")}${name === undefined ? "" : `   # ${name}`}`,
  },
  ...events.flatMap((event) => {
    const words = told(event);
    return words === undefined ? [] : [{ at: event.at, words }];
  }),
];

const offered = (subprotocols: readonly string[]) => subprotocols.flatMap((it) => ["-s", quoted(it)]);

/** The option by which a client sends the header that authorizes, if it does. */
function authorizedBy(events: readonly WireEvent[]): string[] {
  const [upgrade] = events.flatMap((it) => (it.type === "upgrade" && it.from === "client" ? [it.data] : []));
  const [header] = /^Authorization: .*$/im.exec(upgrade ?? "") ?? [];
  return header === undefined ? [] : ["-H", quoted(header)];
}

/** Puts an event in words; `undefined` if there is nothing to do or to see. */
function told(event: WireEvent): string | undefined {
  if (event.from === "client") return event.type === "text" ? `→ ${event.data}` : undefined;
  if (event.type === "text")
    return `← ${event.data.slice(0, MESSAGE_CHARACTERS)}${event.data.length > MESSAGE_CHARACTERS ? "…" : ""}`;
  if (event.type === "upgrade") return event.code === 101 ? undefined : `(refused with HTTP ${event.code})`;
  if (event.type === "close") return `(closed by the server, code ${event.code ?? "none"})`;
  return undefined;
}

/** Quotes a word for a shell, even a harmless one, since readers will change it. */
const shell = (word: string): string => (quoted(word) === word ? `'${word}'` : quoted(word));
