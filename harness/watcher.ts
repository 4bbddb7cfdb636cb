import { answers } from "./availability.ts";
import type { Connection } from "./connection.ts";
import { dial } from "./execute.ts";
import { diedOrNot, howItFell } from "./outage.ts";
import type { Fall, Session } from "./session.ts";
import { isEnded, isServerEnd } from "./transcript.ts";

/** A connection that does nothing: its end shows that others are ended. Nothing where the server is not there. */
export async function watch(session: Session): Promise<Connection | undefined> {
  const connection = await dial(session, { name: "watcher" });
  return answers(connection) ? connection : undefined;
}

/** Whether the server, or the watcher's connection, has ended by now; a `look` by a further connection shows that it has got so far. */
export async function hasFallen(watcher: Connection, session: Session, look: boolean): Promise<Fall | undefined> {
  const { target, availability } = session;
  const isOver = () => target.process?.death !== undefined || availability.downSince !== undefined || isEnded(watcher);
  if (look && !isOver()) {
    const probe = await dial(session, { name: "probe" });
    availability.saw(probe);
    probe.finish();
  }
  return isOver() ? told(watcher, session) : undefined;
}

/** Whether the server, or the watcher's connection, ends within so many ms. */
export async function fallsWithin(ms: number, watcher: Connection, session: Session): Promise<Fall | undefined> {
  await watcher.quiet(ms);
  return hasFallen(watcher, session, true);
}

/** How the server, or the connection of a watcher, ended. */
export async function told({ transcript }: Connection, session: Session): Promise<Fall> {
  const now = session.shared.clock();
  const end = transcript.events.find((event) => isServerEnd(event) || event.type === "error");
  const to = end?.at ?? now;
  await diedOrNot(session);
  const lives = !session.target.process?.death && session.availability.downSince === undefined;
  return { from: to, to, how: await howItFell(session), ...(lives && { lives }) };
}
