import type { PageCase, PageCheck, PageData } from "./data.ts";
import type { PageConnection, PageEvent } from "./events.ts";

/** An event whose text is its place in a list. */
type Indexed<T> = T extends { readonly data: string } ? Omit<T, "data"> & { readonly data: number } : T;

interface PackedConnection extends Omit<PageConnection, "events"> {
  readonly events: readonly Indexed<PageEvent>[];
}

interface PackedCase extends Omit<PageCase, "checks" | "connections"> {
  readonly checks: readonly number[];
  readonly connections: readonly PackedConnection[];
}

/** The content of the page with each check, and each text that was sent, once: the cases of a run have most of them in common. */
export interface PackedData extends Omit<PageData, "cases"> {
  readonly checks: readonly PageCheck[];
  readonly texts: readonly string[];
  readonly cases: readonly PackedCase[];
}

/** A list that holds each value once, and the function that says where. */
function once<T>(keyOf: (value: T) => string) {
  const places = new Map<string, number>();
  const list: T[] = [];
  const placeOf = (value: T) => {
    const key = keyOf(value);
    const place = places.get(key) ?? list.push(value) - 1;
    places.set(key, place);
    return place;
  };
  return { list, placeOf };
}

/** A text that says all of a check. Most hold nothing but texts of one line, which are put together faster than as JSON. */
function keyOf(check: PageCheck): string {
  let key = "";
  for (const [name, value] of Object.entries(check)) {
    if (typeof value !== "string") return JSON.stringify(check);
    key += `${name}\n${value}\n`;
  }
  return key;
}

/** Packs the content of a page. */
export function pack(data: PageData): PackedData {
  const checks = once(keyOf);
  const texts = once<string>((it) => it);
  const packed = (event: PageEvent): Indexed<PageEvent> =>
    "data" in event
      ? ({ ...event, data: texts.placeOf(event.data) } as Indexed<PageEvent>)
      : (event as Indexed<PageEvent>);
  const cases = data.cases.map((it) => ({
    ...it,
    checks: it.checks.map(checks.placeOf),
    connections: it.connections.map((one) => ({ ...one, events: one.events.map(packed) })),
  }));
  return { ...data, checks: checks.list, texts: texts.list, cases };
}

/** Unpacks the content of a page. */
export function unpack({ checks, texts, cases, ...data }: PackedData): PageData {
  const event = (it: Indexed<PageEvent>) => ("data" in it ? { ...it, data: texts[it.data] } : it) as PageEvent;
  return {
    ...data,
    cases: cases.map((it) => ({
      ...it,
      checks: it.checks.flatMap((place) => checks[place] ?? []),
      connections: it.connections.map((one) => ({ ...one, events: one.events.map(event) })),
    })),
  };
}
