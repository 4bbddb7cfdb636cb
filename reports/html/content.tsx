import { keptText } from "../../harness/kept.ts";
import { visible, visibleLines } from "../escape.ts";
import type { PageEvent } from "./events.ts";
import { Json, SchemaErrors } from "./json.tsx";
import { layout } from "./layout.ts";
import { Long } from "./parts.tsx";
import { CLOSE_CODES, digits } from "./words.ts";

/** The characters shown of the content of an event, in full and in brief. */
const MOST = { full: 4_000, brief: 300 } as const;

interface ContentProps {
  readonly event: PageEvent;
  /** On one line, where it need not be laid out to show what is wrong. */
  readonly brief: boolean;
  /** The part that is to be seen at once. */
  readonly came: string | undefined;
}

/** The content of an event. */
export function EventContent({ event, brief, came }: ContentProps) {
  if (event.type === "close") return <Closing code={event.code} reason={event.data} />;
  if (!("data" in event)) return null;
  const { length } = event;
  return (
    <>
      <Data event={event} text={keptText(event)} brief={brief} came={came} />
      {event.type !== "text" && <SchemaErrors wrong={event.wrong ?? []} />}
      {length !== undefined && <span class="note"> cut: {digits(length)} characters in all</span>}
    </>
  );
}

function Data({ event, text, brief, came }: ContentProps & { readonly text: string }) {
  const most = brief ? MOST.brief : MOST.full;
  switch (event.type) {
    case "upgrade":
      return <Head text={text} brief={brief} />;
    case "binary":
    case "ping":
    case "pong":
      return text === "" ? <Empty /> : <Bytes text={text} most={most} />;
    case "text":
      return text === "" ? <Empty /> : <Text event={event} text={text} brief={brief} came={came} />;
    default:
      return (
        <span class="remark">
          <Long text={visible(text)} most={most} />
        </span>
      );
  }
}

const Empty = () => <span class="note">empty</span>;

/** Bytes, as text where they are UTF-8. */
function Bytes({ text, most }: { readonly text: string; readonly most: number }) {
  const readable = utf8(text);
  return (
    <>
      <Long text={visible(readable ?? text)} most={most} />{" "}
      <span class="note">{readable === undefined ? "in base64" : "as text"}</span>
    </>
  );
}

/** Decodes base64. Returns nothing where it is no UTF-8, or was cut. */
function utf8(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const Closing = ({ code, reason }: { readonly code: number | undefined; readonly reason: string }) => (
  <>
    <code>{code}</code> <span class="note">{code === undefined ? "no code" : CLOSE_CODES[code]}</span>{" "}
    {reason && <Long text={visible(reason)} />}
  </>
);

/** An HTTP head: its first line, which opens to the others. */
function Head({ text, brief }: Pick<ContentProps, "brief"> & { readonly text: string }) {
  const [first = "", ...others] = text.split("\n");
  const line = <Long text={visible(first)} />;
  if (brief || others.length === 0) return line;
  return (
    <details>
      <summary>{line}</summary>
      <pre>{visibleLines(others.join("\n").slice(0, MOST.full))}</pre>
    </details>
  );
}

/**
 * A text message: laid out where it is JSON, with what came marked where it stands in one line. Evidence names the event, and no part of
 * it, so that is looked for.
 */
function Text({ event: { wrong = [] }, text, brief, came }: ContentProps & { readonly text: string }) {
  const most = brief ? MOST.brief : MOST.full;
  const lines = brief && wrong.length === 0 ? undefined : layout(text);
  if (lines) return <Json lines={lines} wrong={wrong} />;
  const at = came && text.length <= most ? text.lastIndexOf(came) : -1;
  return (
    <>
      {at < 0 ? (
        <Long text={visible(text)} most={most} />
      ) : (
        <Marked text={text} from={at} to={at + (came?.length ?? 0)} />
      )}
      <SchemaErrors wrong={wrong} />
    </>
  );
}

/** A text with a part of it marked. */
const Marked = ({ text, from, to }: { readonly text: string; readonly from: number; readonly to: number }) => (
  <code>
    {visible(text.slice(0, from))}
    <mark>{visible(text.slice(from, to))}</mark>
    {visible(text.slice(to))}
  </code>
);
