import type { Reached } from "./target.ts";

type Headers = Readonly<Record<string, string>>;

/** Tells if the headers of a target say who comes. */
export const saysWho = ({ headers, credentials }: Reached): boolean =>
  Object.keys({ ...headers, ...credentials }).some((it) => /^authorization$/i.test(it));

/** Returns a target to which clients come as these users, whose headers say who they are. Without them they come as before. */
export function comingAs(target: Reached, users: readonly Headers[]): Reached {
  const all = withoutKnown(users, { ...target.headers, ...target.credentials });
  const [first = {}, ...others] = saysWho(target) ? [{}, ...all] : all;
  return {
    ...target,
    credentials: { ...target.credentials, ...first },
    ...(others.length > 0 && { others }),
  };
}

/** Returns the users without duplicates and without the one that these headers already name. */
function withoutKnown(users: readonly Headers[], known: Headers): readonly Headers[] {
  const seen = new Set(Object.values(known));
  return users.filter((user) => {
    const value = Object.values(user).join("\n");
    return !seen.has(value) && seen.add(value);
  });
}
