import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable by which the processes of a started server are known, also those that left its process group. */
const MARK = "STARTED_BY_TACHYON_CONFORMANCE";

/** The time between two looks at processes, in ms. */
export const LOOK_PAUSE = 20;

/** The most looks: a process that is ended may have started others. */
const MOST_LOOKS = 50;

/** The number of looks that follow one another at once: some processes start another and end, again and again. */
const QUICK_LOOKS = 40;

/** After so many looks without a find, news comes from others, on a machine where much goes on. */
const LOOKS_WITHOUT_FIND = 20;

/** Makes a mark for the processes of one start: a variable that all of them inherit. */
export const newMark = (): Readonly<Record<string, string>> => ({ [MARK]: randomUUID() });

/** Processes by their numbers, each with the time when it began: numbers are used again. */
export type Processes = ReadonlyMap<number, string>;

/**
 * Finds the processes with a mark, and all that a process started whose starters live, also without the mark. Where there is no
 * `/proc`, none is found.
 */
export function processesOf(mark: Readonly<Record<string, string>>, root: number | undefined): Processes {
  const all = running();
  const found = new Map(
    all
      .filter(({ pid, parent }) => parent === root || isIn(variablesOf(pid), mark))
      .map(({ pid, began }) => [pid, began]),
  );
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { pid, parent, began } of all) if (found.has(parent)) found.set(pid, began);
  }
  return found;
}

/** Ends all processes with a mark, and those that were known. Resolves to the numbers of those that it could not end. */
export async function endAll(mark: Readonly<Record<string, string>>, known: Processes): Promise<number[]> {
  for (const it of running()) if (known.get(it.pid) === it.began) end(it.pid);
  const seen: OtherProcesses = { others: new Set(), blank: new Set() };
  let quiet = 0;
  for (let look = 1; ; look++) {
    const { left, news } = lookAt(mark, seen);
    quiet = left.length > 0 ? 0 : quiet + 1;
    if (quiet > (news ? LOOKS_WITHOUT_FIND : 0) || look === MOST_LOOKS * QUICK_LOOKS) return left;
    for (const pid of left) end(pid);
    if (look % QUICK_LOOKS === 0) await sleep(LOOK_PAUSE);
  }
}

/** The processes that earlier looks saw: with other variables, and without any. */
interface OtherProcesses {
  readonly others: Set<number>;
  blank: ReadonlySet<number>;
}

/** Finds the processes with a mark. There is news if a process may have it that shows no variables, since it begins or ends. */
function lookAt(mark: Readonly<Record<string, string>>, seen: OtherProcesses): { left: number[]; news: boolean } {
  const variables = numbers()
    .filter((pid) => !seen.others.has(pid))
    .map((pid) => ({ pid, text: variablesOf(pid) }));
  const left = variables.filter(({ text }) => isIn(text, mark)).map(({ pid }) => pid);
  for (const { pid, text } of variables) if (text !== "" && !isIn(text, mark)) seen.others.add(pid);
  const blank = new Set(variables.filter(({ text }) => text === "").map(({ pid }) => pid));
  const news = [...blank].some((pid) => !seen.blank.has(pid));
  seen.blank = blank;
  return { left, news };
}

/**
 * Tells if anything runs in a process group. A process that has ended takes signals until somebody waits for it, but it does not count: in
 * a container without an init nobody may ever wait. Where there is no `/proc`, something runs.
 */
export function runsIn(group: number): boolean {
  const all = running();
  return all.length === 0 || all.some((it) => it.group === group);
}

/** A process that runs. */
interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly began: string;
}

/** All processes that run. Those of other users are seen, too. */
export function running(): Running[] {
  return numbers().flatMap((pid) => {
    const [, rest = ""] = /.*\) (.*)/s.exec(procText(`/proc/${pid}/stat`)) ?? [];
    const [state, parent, group, ...more] = rest.split(" ");
    return rest === "" || state === "Z"
      ? []
      : [{ pid, parent: Number(parent), group: Number(group), began: more[16] ?? "" }];
  });
}

function numbers(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

const isIn = (variables: string, mark: Readonly<Record<string, string>>): boolean =>
  variables.split("\0").includes(`${MARK}=${mark[MARK]}`);

/** The variables of a process. Those of other users cannot be read, and are none of ours. */
const variablesOf = (pid: number): string => procText(`/proc/${pid}/environ`);

/** The content of a file; nothing where it cannot be read. */
export function procText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
