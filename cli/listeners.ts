import { readdirSync, readlinkSync } from "node:fs";
import { type Processes, procText, running } from "./stray-processes.ts";

/** The sockets that listened on a port before a server was started, and the processes that ran. */
export interface Before {
  readonly port: number;
  readonly sockets: ReadonlySet<string>;
  readonly processes: Processes;
}

/** Takes note of what listens on a port of this machine, and of all processes. */
export const noteOf = (port: number): Before => ({ port, sockets: new Set(socketsOn(port)), processes: all() });

/**
 * Finds the processes that came since a server was started, and listen on the port where it was to listen. They count as the server. Where
 * there is no `/proc`, none is found.
 */
export function listenersSince({ port, sockets, processes }: Before): Processes {
  const links = new Set(socketsOn(port).flatMap((it) => (sockets.has(it) ? [] : [`socket:[${it}]`])));
  if (links.size === 0) return new Map();
  const isNew = ([pid, began]: readonly [number, string]) => processes.get(pid) !== began;
  return new Map([...all()].filter((it) => isNew(it) && holdsAny(it[0], links)));
}

const all = (): Processes => new Map(running().map(({ pid, began }) => [pid, began]));

/** The state of a socket that listens, as `/proc/net/tcp` has it. */
const LISTENS = "0A";

/** The inodes of the sockets that listen on a port, at any address. */
function socketsOn(port: number): string[] {
  const lines = ["tcp", "tcp6"].flatMap((file) => procText(`/proc/net/${file}`).split("\n").slice(1));
  return lines.flatMap((line) => {
    const [, address = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === LISTENS && Number.parseInt(address.split(":")[1] ?? "", 16) === port ? [inode] : [];
  });
}

/** Tells if a process holds one of some sockets. Those of other users show none. */
function holdsAny(pid: number, links: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // It was closed meanwhile.
  }
}
