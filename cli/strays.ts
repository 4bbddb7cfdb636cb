import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable by which the processes of a started server are known, also those that left its process group. */
const MARK = "STARTED_BY_TACHYON_CONFORMANCE";

/** The time between two looks, in ms, and the most of them: a process that is ended may have started others. */
const PAUSE = 20;
const LOOKS = 50;

/** Makes a mark for the processes of one start: a variable that all of them inherit. */
export const newMark = (): Readonly<Record<string, string>> => ({ [MARK]: randomUUID() });

/** Ends all processes with a mark. Where there is no `/proc`, none is found. */
export async function endMarked(mark: Readonly<Record<string, string>>): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const left = await marked(`${MARK}=${mark[MARK]}`);
    if (left.length === 0) return;
    for (const pid of left) end(pid);
    await sleep(PAUSE);
  }
}

/** Finds the processes with a variable of that value. Those of other users cannot be read, and are none of ours. */
async function marked(variable: string): Promise<number[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const variables = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return variables.split("\0").includes(variable) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
