import type { Conditions } from "../../certificates/conditions.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { ReportCase } from "../../reports/report.ts";
import { conclude } from "../../reports/verdict.ts";
import { type Parts, small } from "./bundles.ts";

/** The parts with other cases in the report. */
export const withCases = (it: Parts, change: (some: readonly ReportCase[]) => readonly ReportCase[]): Parts => ({
  ...it,
  report: conclude(it.report, change(it.report.cases), small.requirements),
});
/** The parts with another case in the report. */
export const withCase = (it: Parts, id: string, change: (one: ReportCase) => ReportCase) =>
  withCases(it, (some) => some.map((one) => (one.id === id ? change(one) : one)));
/** A case as if it had passed. */
export const passing = (one: ReportCase): ReportCase => ({
  ...one,
  verdict: "pass",
  checks: one.checks.map((check) =>
    check.verdict === "fail" ? { ...check, verdict: "pass", actual: check.expected } : check,
  ),
});
/** The lines of a case, passed off as those of another. */
export const asThoseOf = (id: string, of: string, it: Parts) =>
  linesOf(of, it).map((line) => line.replace(`"connection":"${of}#`, `"connection":"${id}#`));
/** A line of a connection that happened half a ms later. */
export const later = (line: string) => line.replace(/"at":([\d.]+)/, (_, at) => `"at":${Number(at) + 0.5}`);
/** The lines of a case. */
export const linesOf = (id: string, { lines }: Parts) => lines.filter((line) => line.includes(`"connection":"${id}#`));
/** All lines but those of a case. */
export const without = (id: string, { lines }: Parts) => lines.filter((line) => !line.includes(`"connection":"${id}#`));

/** The connections of a case in the report. */
export const connectionsOf = (id: string, { report }: Parts) =>
  report.cases.find((it) => it.id === id)?.connections ?? [];

/** A run under other conditions, and a certificate that says so. */
export const under = (it: Parts, given: Partial<Conditions>): Parts => {
  const { concurrency, seed, ...conditions } = { ...it.conditions, ...given };
  return {
    ...it,
    report: { ...it.report, concurrency, seed, conditions },
    conditions: { ...conditions, concurrency, seed },
  };
};

/** A case whose connections have other events, in its report and its recording. */
export const withEvents = (
  it: Parts,
  id: string,
  change: (events: readonly WireEvent[]) => readonly WireEvent[],
): Parts => {
  const own = linesOf(id, it).map((line) => JSON.parse(line));
  const numbers = [...new Set<string>(own.map(({ connection }) => connection))];
  const lines = numbers.flatMap((connection) => {
    const events = own.filter((line) => line.connection === connection);
    const { url, name, anonymous, unsent } = events[0];
    const plain = events.map(
      ({ connection: _, url: __, name: ___, anonymous: ____, unsent: _____, ...event }) => event,
    );
    return change(plain).map((event, i) =>
      JSON.stringify({ connection, ...(i === 0 && { url, name, anonymous, unsent }), ...event }),
    );
  });
  const changed = withCase(it, id, (one) => ({
    ...one,
    connections: one.connections.map((connection) => ({ ...connection, events: change(connection.events) })),
  }));
  return { ...changed, lines: [...without(id, it), ...lines] };
};

/** A case without some of its events; each is looked at with the number of texts of the client so far. */
export const lacking = (it: Parts, id: string, isGone: (event: WireEvent, texts: number) => boolean): Parts =>
  withEvents(it, id, (events) => {
    let texts = 0;
    return events.filter((event) => {
      if (event.from === "client" && event.type === "text") texts += 1;
      return !isGone(event, texts);
    });
  });

/** An answer that is nested deep. */
export const NEST = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;

/** A line with an answer that is nested deep, if it is one of the case. */
export const deepened = (id: string) => (line: string) =>
  line.includes(`"connection":"${id}#`) ? line.replace(/"data":"\{.*\}"/, `"data":"{\\"data\\":${NEST}}"`) : line;

/** Lines of connections on which a server sends nothing but noise. */
export const many = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const [number, first] = [1 + Math.floor(i / 5_000), i % 5_000 === 0];
    return JSON.stringify({
      connection: `x/y#${number}`,
      ...(first && { url: "ws://x/" }),
      at: i,
      from: "server",
      type: "text",
      data: "1",
    });
  });

/** The parts of an older version of the suite. */
export const older = (it: Parts): Parts => ({
  ...it,
  report: { ...it.report, suite: { ...it.report.suite, version: "0.2.9" } },
});
