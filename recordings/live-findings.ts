import type { Side } from "../harness/transcript.ts";
import { short } from "../reports/names.ts";
import { type ClientMistake, KINDS_APART } from "./clients.ts";
import type { RecordedEvent } from "./recorded.ts";
import type { Broken } from "./report.ts";

/** The time from an event until its connection is judged, in ms. So one look is enough for all that comes in one go. */
const JUDGED_AFTER = 100;

/** Judging pauses after this time, in ms, so that clients and server need not wait for it. */
const SLICE = 2;

/** The length of that pause, in ms. */
const BETWEEN_JUDGING = 20;

/** The lines that are told of each kind. The others are only counted. */
const LINES_OF_KIND = 5;

/** The most characters of an event that are told. */
const EVENT_CHARACTERS = 160;

/** Tells findings while traffic is recorded. */
export interface Live {
  /** Something happened on a connection. */
  stir(recorded: RecordedEvent): void;
  /** A client made a mistake. */
  mistake(connection: string, mistake: Pick<ClientMistake, "says"> & Partial<ClientMistake>): void;
  /** The server refused the handshake of a client: with this status, at this url. */
  refusal(connection: string, status: number, url: string): void;
  /** All that is broken on a connection; it is over if it `ended`. */
  found(connection: string, broken: readonly Broken[], ended: boolean): void;
  /** Judges no more by itself. */
  end(): void;
}

/** The state of what is told. */
interface Telling {
  /** Returns the breaches on a connection so far. */
  readonly judge: (connection: string) => readonly Broken[];
  readonly tell: (line: string) => void;
  /** The connections on which something happened since they were judged. */
  readonly stirred: Set<string>;
  /** The requirements that were told of each connection. */
  readonly told: Map<string, Set<string>>;
  readonly counts: Map<string, number>;
  timer: NodeJS.Timeout | undefined;
}

/** Tells each finding once a connection, and few of a kind. `judge` returns the breaches on a connection so far. */
export function live(judge: (connection: string) => readonly Broken[], tell: (line: string) => void): Live {
  const it: Telling = { judge, tell, stirred: new Set(), told: new Map(), counts: new Map(), timer: undefined };
  return {
    stir({ connection }) {
      it.stirred.add(connection);
      it.timer ??= setTimeout(look, JUDGED_AFTER, it);
    },
    mistake(connection, { says, of, message }) {
      const where = message === undefined ? [] : [`message ${message}`];
      const words = [...where, ...(of === undefined ? [] : [of])].join(", ");
      const kind = `client ${of} ${says}`;
      line(it, kind, "client", `${connection}${words === "" ? "" : `, ${words}`}`, says);
    },
    refusal(connection, status, url) {
      const { pathname, search } = URL.canParse(url) ? new URL(url) : { pathname: url, search: "" };
      line(
        it,
        `refusal ${status}`,
        "server",
        connection,
        `refuses the handshake with HTTP ${status} at ${pathname}${search}`,
      );
    },
    found: (connection, broken, ended) => found(it, connection, broken, ended),
    end: () => clearTimeout(it.timer),
  };
}

/** Tells one line of a kind, unless enough of these were told. */
function line({ counts, tell }: Telling, kind: string, from: Side, connection: string, words: string): void {
  const known = counts.has(kind) || counts.size < KINDS_APART ? kind : "others";
  const count = (counts.get(known) ?? 0) + 1;
  counts.set(known, count);
  if (count > LINES_OF_KIND) return;
  const last = count === LINES_OF_KIND ? " (more of this kind are only counted)" : "";
  tell(`${from} connection ${connection}: ${short(words, EVENT_CHARACTERS)}${last}`);
}

function found(it: Telling, connection: string, broken: readonly Broken[], ended: boolean): void {
  const { stirred, told } = it;
  const before = told.get(connection) ?? new Set();
  for (const { requirement, verdict, actual } of broken) {
    if (before.has(requirement)) continue;
    before.add(requirement);
    line(it, requirement, "server", connection, `${verdict} ${requirement}: ${actual}`);
  }
  if (ended || before.size === 0) told.delete(connection);
  else told.set(connection, before);
  if (ended) stirred.delete(connection);
}

/** Judges connections on which something happened, for a moment, and then the others. */
function look(it: Telling): void {
  const { judge, stirred } = it;
  const until = performance.now() + SLICE;
  for (const connection of stirred) {
    stirred.delete(connection);
    found(it, connection, judge(connection), false);
    if (performance.now() > until) break;
  }
  it.timer = stirred.size > 0 ? setTimeout(look, BETWEEN_JUDGING, it) : undefined;
}
