import type { Level, Verdict } from "../../harness/catalogue.ts";
import { isValue, short } from "../names.ts";
import type { PageCase, PageCheck, PageData } from "./data.ts";
import { digits, marks, SIGNS } from "./words.ts";

interface VerdictProps {
  readonly of: Verdict | PageData["verdict"];
  /** Other words for it. */
  readonly says?: string;
}

/** A verdict: its sign, its word and its colour. */
export function VerdictTag({ of, says = of }: VerdictProps) {
  return (
    <span class={`verdict ${of}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[of]}
      </span>{" "}
      {says}
    </span>
  );
}

/** The level of a requirement. */
export const LevelTag = ({ of }: { readonly of: Level }) => <span class="level">{of}</span>;

/** The marks of a case beside its verdict, in a word each. */
export const Marks = ({ of }: { readonly of: PageCase }) =>
  marks(of).map(([word, meaning]) => (
    <span class="tag" title={meaning} key={word}>
      {word}
    </span>
  ));

/** A sentence of the catalogue, which writes code and emphasis as Markdown does. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split(/(`[^`]+`|\*[^*\s][^*]*\*)/);
  return (
    <>
      {parts.map((part, i) => {
        if (i % 2 === 0) return part;
        const inner = part.slice(1, -1);
        return part.startsWith("`") ? <code key={i}>{inner}</code> : <em key={i}>{inner}</em>;
      })}
    </>
  );
}

/** The fragment of a URL that leads to a case or a requirement of this page. */
export const hashOf = (id: string) => `#${encodeURIComponent(id).replaceAll("%2F", "/")}`;

/** A link to a case or a requirement of this page, by its name. */
export const RowLink = ({ id }: { readonly id: string }) => (
  <a class="mono" href={hashOf(id)}>
    {id}
  </a>
);

/** Says why something was not judged, with a link if another requirement is broken. */
export const NotJudged = ({ see, actual }: Pick<PageCheck, "see" | "actual">) =>
  see === undefined ? (
    <Long text={actual} most={200} />
  ) : (
    <>
      not judged: see <RowLink id={see} />
    </>
  );

/** A command for a shell; a click selects all of it, and a button copies it. */
export const CommandLine = ({ text }: { readonly text: string }) => (
  <div class="command">
    <code>{text}</code>
    <button type="button" class="copy">
      Copy
    </button>
  </div>
);

interface ComparisonProps {
  /** In the words of a check. */
  readonly expected: string | undefined;
  /** The statement of the requirement, if it does not stand beside it. */
  readonly statement?: string | undefined;
  readonly actual: string;
  readonly most?: number;
}

/** The expected and the actual outcome, side by side. */
export const Difference = ({ expected, statement, actual, most }: ComparisonProps) => (
  <dl class="comparison">
    {(expected ?? statement) !== undefined && (
      <div>
        <dt>Expected</dt>
        <dd>{expected === undefined ? <Prose text={statement ?? ""} /> : <Came text={expected} most={most} />}</dd>
      </div>
    )}
    <div class="came">
      <dt>Came</dt>
      <dd>
        <Came text={actual} most={most} />
      </dd>
    </div>
  </dl>
);

/** A value as it was sent, or words of the suite, which are no quotation. */
export const Came = ({ text, most }: { readonly text: string; readonly most?: number | undefined }) =>
  isValue(text) || text.length > (most ?? SHORT_TEXT) ? <Long text={text} most={most} /> : text;

/** The beginning of what came. */
export const Brief = ({ text }: { readonly text: string }) => <Came text={short(text, 120)} />;

/** Characters of a text that are shown where not all of it can be. */
const SHORT_TEXT = 500;

/** A text in a line of its own; a very long one only in part, the rest stands in report.json. */
export function Long({ text, most = SHORT_TEXT }: { readonly text: string; readonly most?: number | undefined }) {
  const more = text.length - most;
  return (
    <>
      <code>{more > 0 ? text.slice(0, most) : text}</code>
      {more > 0 && <span class="note"> … {digits(more)} more characters, in report.json</span>}
    </>
  );
}
