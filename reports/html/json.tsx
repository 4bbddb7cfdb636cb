import { visible } from "../escape.ts";
import type { SchemaError } from "./events.ts";
import type { Line } from "./layout.ts";

interface Wrong {
  readonly wrong: readonly SchemaError[];
}

/** The schema errors of a part of a message, behind it. */
export const SchemaErrors = ({ wrong }: Wrong) =>
  wrong.map(({ says, by = "schema" }) => (
    <span class="says" key={says}>
      {`⟵ ${by}: `}
      {visible(says)}
    </span>
  ));

/** A JSON text laid out. Each problem stands at its property, or at the end if it has none. */
export function Json({ lines, wrong }: Wrong & { readonly lines: readonly Line[] }) {
  const places = new Set(lines.map(placeOf));
  return (
    <pre class="json">
      {lines.map((line, i) => (
        <JsonLine line={line} wrong={wrong.filter(({ path }) => keyOf(path) === placeOf(line))} key={i} />
      ))}
      <SchemaErrors wrong={wrong.filter(({ path }) => !places.has(keyOf(path)))} />
    </pre>
  );
}

const keyOf = (path: readonly string[]) => JSON.stringify(path);

/** The value that begins on a line; none where one ends. */
const placeOf = ({ tokens: [first], path }: Line) =>
  first?.text === "}" || first?.text === "]" ? undefined : keyOf(path);

const JsonLine = ({ line: { depth, tokens }, wrong }: Wrong & { readonly line: Line }) => (
  <span class={wrong.length > 0 ? "line wrong" : "line"}>
    {"  ".repeat(depth)}
    {tokens.map(({ kind, text }, i) => (
      <span class={kind} key={i}>
        {visible(text)}
      </span>
    ))}
    <SchemaErrors wrong={wrong} />
    {"\n"}
  </span>
);
