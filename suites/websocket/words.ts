import type { Context } from "../../harness/scenario.ts";
import { isReset, type Transcript } from "../../harness/transcript.ts";

/** The reason why an answer to pipelined commands is not judged: a server that answers the first, and closes, so resets the others. */
const LOST = "the server ended the connection while several commands were on their way: its answer may be lost";

/** Says of a requirement that the answer which it takes may be lost. Where a reset shows that, the server owes no other. */
export function sayLost<Id extends string>(
  { skip, unasked }: Pick<Context<Id>, "skip" | "unasked">,
  requirement: Id,
  { events }: Pick<Transcript, "events">,
): void {
  if (events.some(isReset)) unasked(requirement, LOST);
  else skip(requirement, LOST);
}

/** The words of a name as they stand in an id. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** The words of an input's name as they stand in a title. */
export const spaced = (name: string): string => name.replaceAll("-", " ");

/**
 * A text as it stands in a title. An object or array stands there as it is sent, which is easier to read. All else has quotes, and escapes
 * for characters that nobody can see.
 */
export function asSent(text: string): string {
  const isPlain = /^[[{]/.test(text) && escapeUnseen(text) === text;
  const all = isPlain ? text : escapeUnseen(JSON.stringify(text));
  return all.length > 80 ? `${all.slice(0, 80)}… (${text.length} characters)` : all;
}

/** Compiling the pattern of unseen characters takes longer than all titles in ASCII. */
const escapeUnseen = (text: string): string =>
  /^[ -~]*$/.test(text)
    ? text
    : text.replaceAll(/(?! )[\p{Z}\p{C}]/gu, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A query as it stands in a title. */
export const shortened = (query: string): string => query.replace(/x{20,}/, (run) => `xxx… (${run.length} x)`);

/** Bytes as they stand in a row or a title. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
