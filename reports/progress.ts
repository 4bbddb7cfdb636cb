import { clearLine, cursorTo } from "node:readline";
import type { WriteStream } from "node:tty";
import type { Verdict } from "../harness/catalogue.ts";
import type { CaseResult } from "../harness/execute.ts";
import type { Case } from "../harness/scenario.ts";
import { plural } from "../harness/words.ts";
import { type Colors, paint } from "./colors.ts";

/** The display while cases run. */
export interface Progress {
  /** A case has a result, or another one than before. */
  result(result: CaseResult): void;
  /** Says something once, beside the results. */
  note(line: string): void;
  /** Nothing more comes: leaves the terminal as it was. */
  end(): void;
}

/** Between two redraws of the live line, in ms. */
const REDRAW = 50;

/**
 * A line that is drawn over and over: cases done, of how many, failures so far, elapsed time. Once all are done it says that failures
 * are looked into, which can take longer than the cases did. `earlier` cases, of another part of the same run, are counted with them.
 * For terminals only.
 */
export function liveLine(
  stream: WriteStream,
  c: Colors,
  more: number,
  earlier: readonly { readonly id: string; readonly verdict: Verdict }[] = [],
): Progress {
  const verdicts = new Map(earlier.map(({ id, verdict }) => [id, verdict]));
  const total = earlier.length + more;
  const began = Date.now();
  const clear = () => {
    cursorTo(stream, 0);
    clearLine(stream, 0);
  };
  const draw = () => {
    clear();
    const elapsed = ((Date.now() - began) / 1000).toFixed(1);
    const then = verdicts.size >= total && failing(verdicts) > 0 ? ", looking into them" : "";
    stream.write(`${verdicts.size}/${total} cases, ${failures(verdicts, c)}${then}, ${elapsed} s`);
  };
  const timer = setInterval(draw, REDRAW);
  return {
    result: (result) => void verdicts.set(result.case.id, result.verdict),
    note(line) {
      clear();
      stream.write(`${line}\n`);
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

/** A line when every case of a suite has a result, without verdicts: a case may run again, alone. For pipes and CI, without cursor movement. */
export function loggedLines(
  write: (line: string) => void,
  totals: ReadonlyMap<string, number>,
  note: (line: string) => void,
): Progress {
  const suites = new Map<string, Map<string, Verdict>>();
  return {
    result({ case: { id, suite }, verdict }) {
      const verdicts = suites.get(suite) ?? new Map<string, Verdict>();
      const known = verdicts.size;
      suites.set(suite, verdicts.set(id, verdict));
      if (verdicts.size === known || verdicts.size < (totals.get(suite) ?? 0)) return;
      write(`${suite}: ${plural(verdicts.size, "case")} done`);
    },
    note,
    end() {},
  };
}

/** The connections that a case makes on average, without load and with it. */
const CONNECTIONS = { usual: 2, load: 100 } as const;

/** The time from which on a run takes long, and from which on it is told in minutes, in s. */
const LONG_RUN = 15;
const MINUTES = 100;

/** Says that connections are limited, and about how long a run takes for that, if long. `load` holds the suites that put load on a server. */
export function tellLimit(
  words: string,
  perSecond: number | undefined,
  cases: readonly Pick<Case, "suite">[],
  load: ReadonlySet<string>,
): string {
  const connections = cases.reduce((sum, it) => sum + CONNECTIONS[load.has(it.suite) ? "load" : "usual"], 0);
  const takes = perSecond === undefined ? 0 : connections / perSecond;
  const time = takes < MINUTES ? `${Math.round(takes)} s` : `${Math.round(takes / 60)} min`;
  return `${words}. The suite keeps below that${takes < LONG_RUN ? "" : `, so the run takes about ${time}`}.`;
}

const failing = (verdicts: ReadonlyMap<string, Verdict>) =>
  [...verdicts.values()].filter((verdict) => verdict === "fail" || verdict === "error").length;

function failures(verdicts: ReadonlyMap<string, Verdict>, c: Colors): string {
  const bad = failing(verdicts);
  return bad > 0 ? paint(c, "fail", `${bad} failing`) : "no failures";
}
