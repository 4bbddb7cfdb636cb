import { visible, visibleLines } from "./escape.ts";

/** The attributes of an element. */
export type Attributes = Readonly<Record<string, string | number>>;

/** An element of XML; what it holds is XML already. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(visible(String(value)))}"`);
  const head = `${name}${list.join("")}`;
  return content.length === 0 ? `<${head}/>` : `<${head}>${content.join("\n")}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text of several lines as XML. What an XML document may not hold is made visible. */
export const xmlText = (text: string): string =>
  visibleLines(text).replace(/[&<>"\ufffe\uffff]/g, (c) => ENTITIES[c] ?? `\\u{${c.charCodeAt(0).toString(16)}}`);
