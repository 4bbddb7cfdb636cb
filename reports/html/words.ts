import type { Verdict } from "../../harness/catalogue.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { plural } from "../../harness/words.ts";
import type { PageCase, PageData } from "./data.ts";

/** A sign for each verdict, so that none is told by its colour alone. */
export const SIGNS: Readonly<Record<Verdict | PageData["verdict"], string>> = {
  pass: "✓",
  info: "i",
  skip: "–",
  warn: "!",
  error: "?",
  fail: "✗",
  incomplete: "…",
};

/** The meaning of each verdict of a check, a case or a requirement; `target` is the kind of peer under test. */
export const meaningOf = (verdict: Verdict, target = "server"): string =>
  verdict === "info" ? `what the ${target} does where the protocol leaves it open` : MEANINGS[verdict];

const MEANINGS: Readonly<Record<Exclude<Verdict, "info">, string>> = {
  pass: "kept",
  skip: "not judged, because something else is broken, the run ended early, or it was not recorded",
  warn: "a SHOULD is broken",
  error: "the suite could not tell",
  fail: "a MUST is broken",
};

/** The meaning of the codes of close frames (RFC 6455, section 7.4.1). */
export const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: "normal closure",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no code",
  1007: "invalid payload",
  1008: "policy violation",
  1009: "message too big",
  1010: "extension missing",
  1011: "internal error",
  1012: "service restart",
  1013: "try again later",
};

/** The name of each type of event. */
export const EVENTS: Readonly<Record<WireEvent["type"], string>> = {
  upgrade: "HTTP",
  text: "text",
  binary: "binary",
  ping: "ping",
  pong: "pong",
  close: "close",
  end: "TCP ended",
  violation: "breaks RFC 6455",
  error: "network error",
  limit: "bound of the suite",
  cut: "left out",
  timeout: "timeout",
};

/** The marks of a case beside its verdict: a word, and its meaning. */
export function marks(it: PageCase): readonly (readonly [word: string, meaning: string])[] {
  const expected = it.checks.find(({ expectedFailure }) => expectedFailure !== undefined)?.expectedFailure;
  return [...(expected === undefined ? [] : [["expected failure", expected] as const]), ...doubts(it)];
}

/** The marks that say how sure its verdict is. */
export function doubts(it: PageCase): readonly (readonly [word: string, meaning: string])[] {
  const all: readonly (readonly [boolean, string, string])[] = [
    [
      it.unstable === true,
      "unstable",
      "Its verdict varies: among other cases and alone, or from one time to the next.",
    ],
    [it.unconfirmed === true, "unconfirmed", "It failed among other cases, and was not run again alone."],
  ];
  return all.flatMap(([is, word, meaning]) => (is ? [[word, meaning] as const] : []));
}

/** A number with commas between thousands. (`toLocaleString` would load the data of all languages.) */
export const digits = (n: number | string): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/** A number of things, in words, with commas between thousands. */
export const counted = (n: number, one: string, many?: string): string => plural(n, one, many, digits(n));

/** A sentence that begins as one. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
