import { visible } from "../escape.ts";
import type { PageCase, PageCheck } from "./data.ts";
import { isTrouble, type PageConnection, type PageEvent, type Places } from "./events.ts";

/** The few events that show what a check found: of which connection, which of them, and the one that shows it best. */
export interface Excerpt {
  readonly connection: PageConnection;
  readonly places: Places;
  readonly spot: number;
}

/** So many events are shown before and behind the one that shows it. */
const AROUND = { before: 4, behind: 2 } as const;

/** What may show a finding, the most telling first. */
const TELLING: readonly ((candidate: Candidate, came: string) => boolean)[] = [
  ({ event }, came) => event.wrong?.some(({ says }) => came.includes(says)) === true,
  ({ event }, came) => event.from === "server" && "data" in event && /^["{[]./.test(came) && event.data.includes(came),
  ({ event }, came) =>
    event.from === "server" && (event.type === "text" || event.type === "binary") && quotes(came, event.data),
  ({ event }, came) => event.from === "server" && event.type === "end" && came.startsWith("end "),
  ({ event, connection: { name } }, came) => name !== undefined && came.includes(name) && isTrouble(event),
  ({ event }) => event.type !== "upgrade" && isTrouble(event),
  ({ event }) => event.from === "server",
];

/** Whether what came tells of a message, by its beginning. */
const quotes = (came: string, text: string) => text.length > 3 && came.includes(visible(text.slice(0, 80)));

interface Candidate {
  readonly connection: PageConnection;
  readonly event: PageEvent;
  readonly spot: number;
}

/** Finds what shows a finding: the last message that holds what came, or else where something went wrong, or else the end. */
export function excerpt({ connections }: PageCase, { actual }: PageCheck): Excerpt | undefined {
  const candidates = connections.flatMap((connection) =>
    connection.events.map((event, spot): Candidate => ({ connection, event, spot })),
  );
  for (const tells of TELLING) {
    const best = candidates.findLast((candidate) => tells(candidate, actual));
    if (best) return { ...best, places: around(best.spot, best.connection.events.length) };
  }
  return undefined;
}

const around = (spot: number, total: number): Places =>
  Array.from({ length: total }, (_, i) => i).filter(
    (i) => i === 0 || (i >= spot - AROUND.before && i <= spot + AROUND.behind),
  );
