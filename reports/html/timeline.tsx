import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { isRemark, notable } from "../wrong-event.ts";
import { EventContent } from "./content.tsx";
import type { PageCase } from "./data.ts";
import { folded, gaps, hasTrouble, isTroubled, type PageConnection, type PageEvent, type Places } from "./events.ts";
import { counted, EVENTS } from "./words.ts";

/** Events of a connection, or connections of a case, that are shown at first. */
const MOST = { events: 30, connections: 10, open: 3 } as const;

/** The kind of client that was tested, if it was no server. */
export const Actor = createContext<string | undefined>(undefined);

/** The legend of the arrows. */
export function Legend({ recorded }: { readonly recorded: boolean }) {
  const actor = useContext(Actor);
  const suite = `the suite sends, as ${actor === undefined ? "a client" : "the server"}`;
  return (
    <p class="legend">
      <span class="arrow client">→</span> {recorded ? "the client sends" : suite}; <span class="arrow server">←</span>{" "}
      the {actor ?? "server"} sends. Times are in milliseconds since the case began.
    </p>
  );
}

interface EventsProps {
  readonly events: readonly PageEvent[];
  readonly places: Places;
  /** The time at which the case began. */
  readonly began: number;
  readonly brief?: boolean;
  /** The place of the event that shows what is wrong. */
  readonly spot?: number;
  /** The words that a check has for what came. They may stand in that event. */
  readonly came?: string;
}

/** Some events of a connection, in order, and how many are left out between them. */
export function Events({ events, places, began, brief = false, spot, came = "" }: EventsProps) {
  const left = gaps(places, events.length);
  return (
    <ol class="events">
      {places.map((place, i) => [
        <Gap n={left[i]} key={`gap ${place}`} />,
        <Event
          event={events[place] as PageEvent}
          began={began}
          brief={brief}
          came={place === spot ? came : undefined}
          key={place}
        />,
      ])}
      <Gap n={left.at(-1)} key="gap" />
    </ol>
  );
}

const Gap = ({ n = 0 }: { readonly n?: number | undefined }) =>
  n > 0 ? <li class="gap">… {counted(n, "event")} not shown …</li> : null;

interface EventProps extends Pick<EventsProps, "began" | "brief"> {
  readonly event: PageEvent;
  readonly came: string | undefined;
}

function Event({ event, began, brief = false, came }: EventProps) {
  const actor = useContext(Actor);
  const side = isRemark(event) ? "suite" : event.from;
  const sender = actor === undefined ? side : { client: "server", server: actor, suite: "suite" }[side];
  const state = [side, isTroubled(event) ? "trouble" : "", came === undefined ? "" : "spot"].filter(Boolean).join(" ");
  return (
    <li class={`event ${state}`}>
      <span class="time">{(event.at - began).toFixed(1)}</span>{" "}
      <span class={`arrow ${side}`}>
        <span aria-hidden="true">{ARROWS[side]}</span>
        <span class="unseen"> {sender}</span>
      </span>{" "}
      <span class="type">
        {EVENTS[event.type]}
        {event.type === "upgrade" && event.code !== undefined && ` ${event.code}`}
      </span>{" "}
      <div class="content">
        <EventContent event={event} brief={brief} came={came} />
      </div>
    </li>
  );
}

const ARROWS = { client: "→", server: "←", suite: "•" } as const;

/** The connections of a case; of many, at first those that show a finding, and those on which something else went wrong. */
export function Connections({ of: { checks, connections, connected, began } }: { readonly of: PageCase }) {
  const [most, setMost] = useState<number>(MOST.connections);
  const isSpotted = ({ number }: PageConnection) => checks.some(({ spot }) => spot?.connection === number - 1);
  const shown = notable(connections, most, isSpotted, hasTrouble);
  const left = connected - connections.length;
  return (
    <>
      {shown.map((it, i) => (
        <Connection
          connection={it}
          open={i < MOST.open || isSpotted(it) || hasTrouble(it)}
          total={connected}
          began={began}
          key={it.number}
        />
      ))}
      {shown.length < connections.length && (
        <button type="button" onClick={() => setMost(connections.length)}>
          Show {connections.length} connections
        </button>
      )}
      {left > 0 && <p class="note">{counted(left, "more connection")}, in report.json.</p>}
    </>
  );
}

interface NameProps {
  readonly connection: PageConnection;
  readonly total: number;
}

/** The number of a connection in its case, and its URL. */
export const ConnectionName = ({ connection: { number, name, url }, total }: NameProps) => (
  <>
    {total > 1 ? `Connection ${number} of ${total}` : "Connection"}
    {name && <strong> {name}</strong>} <code>{url}</code>
  </>
);

function Connection(props: NameProps & { readonly began: number; readonly open: boolean }) {
  const { connection, total, began } = props;
  const [open, setOpen] = useState(props.open);
  return (
    <details class="connection" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <ConnectionName connection={connection} total={total} />{" "}
        <span class="note">{counted(connection.events.length, "event")}</span>
      </summary>
      {open && <Folded events={connection.events} began={began} />}
    </details>
  );
}

function Folded({ events, began }: Pick<EventsProps, "events" | "began">) {
  const [most, setMost] = useState<number>(MOST.events);
  const places = folded(events, most);
  return (
    <>
      <Events events={events} places={places} began={began} />
      {places.length < events.length && (
        <button type="button" onClick={() => setMost(events.length)}>
          Show all {events.length} events
        </button>
      )}
    </>
  );
}
