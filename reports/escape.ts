const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Control and format characters (ANSI sequences, direction marks, lone surrogates …), which must not reach a terminal, and all
 * others that nobody sees: spaces but the usual one, variation selectors, fillers.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** Most texts, and most texts of several lines, are of these characters alone, and this is quick to see. */
const HARMLESS = /^[ -~]*$/;
const HARMLESS_LINES = /^[ -~\n]*$/;

/** Makes characters visible that a terminal or an XML parser would act on or choke on. */
export function visible(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text.replace(INVISIBLE, (c) => ESCAPES[c] ?? `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}

/** The same for a text of several lines: its line breaks stay. */
export function visibleLines(text: string): string {
  return HARMLESS_LINES.test(text) ? text : text.split("\n").map(visible).join("\n");
}

/** Does the same, and takes out what an XML document may not hold, or not in a CDATA section. */
export function xmlSafe(text: string): string {
  return visibleLines(text)
    .replace(/[\ufffe\uffff]/g, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)
    .replaceAll("]]>", "]] >");
}
