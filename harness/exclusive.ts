import type { Connection } from "./connection.ts";
import { type Bench, dial } from "./execute.ts";
import { leave } from "./measure.ts";
import { isNothing } from "./nothing.ts";
import { hangUp, share } from "./shared.ts";
import { headersOf } from "./target.ts";
import { isEnded } from "./transcript.ts";

/** A server ends the first connection of a user within so many times the time that the second took to log in, and at least so many ms. */
const PATIENCE = { times: 4, least: 50 } as const;

/** Connects as the user of this number; resolves to nothing if that is not served. */
type Come = (user: number) => Promise<Connection | undefined>;

/**
 * Finds out if a second connection of a user ends the first, before anything else is at work. If so, users are lent from now on: those
 * that can be connected side by side.
 */
export async function noticeExclusive(bench: Bench): Promise<void> {
  const { protocol, target, shared, signal } = bench;
  const { login } = protocol;
  if (!login || headersOf(target).anonymous) return;
  const aside = share(shared.timeout);
  const cut = () => hangUp(aside);
  const series = async <T>(act: (come: Come) => Promise<T>): Promise<T> => {
    const clients: Connection[] = [];
    const found = await act(async (user) => {
      const client = await dial({ ...bench, shared: aside }, { name: "user", user });
      clients.push(client);
      return client.opened && !isNothing(await login(client)) ? client : undefined;
    });
    await Promise.all(clients.map(leave));
    return found;
  };
  const endsFirst = () =>
    series(async (come) => {
      const first = await come(0);
      // One that is ended anyway shows nothing.
      if (!first || isNothing(await login(first))) return false;
      const began = aside.clock();
      if (!(await come(0))) return false;
      await first.quiet(Math.max(PATIENCE.least, PATIENCE.times * (aside.clock() - began)));
      return isEnded(first);
    });
  const sideBySide = () =>
    series(async (come) => {
      const all: (Connection | undefined)[] = [];
      for (let user = 0; user <= (target.others?.length ?? 0); user++) all.push(await come(user));
      await all.at(-1)?.quiet(PATIENCE.least);
      return [...all.keys()].filter((user) => all[user] && !isEnded(all[user]));
    });

  signal?.addEventListener("abort", cut);
  // Twice, since a server may end a connection by chance.
  if ((await endsFirst()) && (await endsFirst())) shared.identities.lend(await sideBySide());
  signal?.removeEventListener("abort", cut);
}
