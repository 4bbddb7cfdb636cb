import { short } from "../reports/names.ts";
import type { RecordedEvent } from "./recorded.ts";
import type { Broken } from "./report.ts";

/** The time after an event until its connection is judged, in ms: one look for all that comes in one go. */
const SOON = 100;

/** Judging takes so much time in one go, and then pauses, in ms: those who talk must not wait for it. */
const SLICE = 2;
const PAUSE = 20;

/** The lines that are told of each kind. The others are only counted. */
const LINES = 5;

/** The most characters of an event that are told. */
const WIDTH = 160;

/** Tells findings while traffic is recorded. */
export interface Live {
  /** Something happened on a connection. */
  stir(recorded: RecordedEvent): void;
  /** A client made a mistake. */
  mistake(connection: string, says: string): void;
  /** All that is broken on a connection; it is over if it `ended`. */
  found(connection: string, broken: readonly Broken[], ended: boolean): void;
  /** Judges no more by itself. */
  end(): void;
}

/** Tells each finding once a connection, and few of a kind. `judge` returns the breaches on a connection so far. */
export function live(judge: (connection: string) => readonly Broken[], tell: (line: string) => void): Live {
  const stirred = new Set<string>();
  const told = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const line = (kind: string, from: string, connection: string, words: string) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count > LINES) return;
    const last = count === LINES ? " (more of this kind are only counted)" : "";
    tell(`${from} connection ${connection}: ${short(words, WIDTH)}${last}`);
  };

  const found = (connection: string, broken: readonly Broken[], ended: boolean) => {
    const before = told.get(connection) ?? new Set();
    for (const { requirement, verdict, actual } of broken) {
      if (before.has(requirement)) continue;
      before.add(requirement);
      line(requirement, "server", connection, `${verdict} ${requirement}: ${actual}`);
    }
    if (ended || before.size === 0) told.delete(connection);
    else told.set(connection, before);
    if (ended) stirred.delete(connection);
  };

  const look = () => {
    const until = performance.now() + SLICE;
    for (const connection of stirred) {
      stirred.delete(connection);
      found(connection, judge(connection), false);
      if (performance.now() > until) break;
    }
    timer = stirred.size > 0 ? setTimeout(look, PAUSE) : undefined;
  };

  return {
    stir({ connection }) {
      stirred.add(connection);
      timer ??= setTimeout(look, SOON);
    },
    mistake: (connection, says) => line(`client ${says}`, "client", connection, says),
    found,
    end: () => clearTimeout(timer),
  };
}
