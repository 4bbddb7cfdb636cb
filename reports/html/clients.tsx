import { clientsInWords } from "../clients.ts";
import type { ReportMistake, ReportMistakePlace } from "../report.ts";
import type { PageData } from "./data.ts";
import { RowLink } from "./parts.tsx";
import { capital } from "./words.ts";

/** The mistakes of clients in a recording: each kind, and the messages with it. */
export function ClientMistakes({ data }: { readonly data: PageData }) {
  const { recording, cases } = data;
  if (!recording?.clients) return null;
  const held = new Set(cases.map(({ id }) => id));
  return (
    <section aria-labelledby="clients">
      <h2 id="clients">Clients</h2>
      {clientsInWords(data).map((words) => (
        <p class="note" key={words}>
          {capital(words)}. The transcripts mark them.
        </p>
      ))}
      <ul class="expectations">
        {recording.clients.mistakes.map((it) => (
          <Mistake it={it} held={held} key={`${it.of} ${it.says}`} />
        ))}
      </ul>
    </section>
  );
}

interface MistakeProps {
  readonly it: ReportMistake;
  /** The ids of the cases on this page. */
  readonly held: ReadonlySet<string>;
}

/** A kind of mistake, and where it is. */
function Mistake({ it: { says, of, messages, places = [] }, held }: MistakeProps) {
  const more = messages - places.length;
  return (
    <li class="edge">
      <p>
        {of !== undefined && (
          <>
            <code>{of}</code>:{" "}
          </>
        )}
        {says}
      </p>
      <p class="note">
        {places.map((place, i) => (
          <span key={`${place.case} ${place.message}`}>
            {i > 0 && ", "}
            <Place {...place} isHeld={held.has(place.case)} />
          </span>
        ))}
        {more > 0 && ` ${places.length > 0 ? "and " : ""}${more} ${places.length > 0 ? "more" : "messages"}`}
      </p>
    </li>
  );
}

/** The place of a mistake. Its connection is a link where the page holds it. */
const Place = ({ connection, case: id, message, isHeld }: ReportMistakePlace & { readonly isHeld: boolean }) => (
  <>
    {isHeld ? <RowLink id={id} /> : `connection ${connection}`} message {message}
  </>
);
