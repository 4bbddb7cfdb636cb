import type { RunningServer } from "../harness/protocol.ts";
import { renewal } from "../harness/renewal.ts";
import type { Keys } from "../harness/target.ts";
import { readText, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { visible } from "../reports/escape.ts";
import { fileIn, type Reached } from "../running/target.ts";
import { comingAs, saysWho } from "../running/users.ts";
import { TOKEN, tokenBy } from "./token-command.ts";

/** The options that say who clients come as. */
export interface UserArguments {
  readonly as?: readonly string[] | undefined;
  readonly tokenCommand?: readonly string[] | undefined;
  readonly client?: string | undefined;
  readonly unscopedToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** The users. Some get their token only when the run begins. */
interface Users {
  /** The tokens of users. */
  readonly tokens: readonly string[];
  /** The commands that print one. */
  readonly commands: readonly string[];
  readonly keys: Keys;
}

/** Reads who clients come as. Throws a `UsageError`. */
export async function readUsers(args: UserArguments): Promise<Users> {
  const [tokens, client, unscoped, refresh] = await Promise.all([
    Promise.all((args.as ?? []).map(userToken)),
    args.client === undefined ? undefined : clientOf(args.client),
    args.unscopedToken === undefined ? undefined : tokenIn("--unscoped-token", args.unscopedToken),
    args.refreshToken === undefined ? undefined : tokenIn("--refresh-token", args.refreshToken),
  ]);
  const keys = { ...(client && { client }), ...(unscoped && { unscoped }), ...(refresh && { refresh }) };
  return { tokens, commands: args.tokenCommand ?? [], keys };
}

/** A name and what stands behind it, as in `name:value`. */
function named(given: string): { readonly name?: string | undefined; readonly value?: string | undefined } {
  const [, name, value] = /^([^:]+):(.+)$/.exec(given) ?? [];
  return { name, value };
}

/** Returns the files that the options of users name. */
export const filesOfUsers = ({ as = [], client, unscopedToken, refreshToken }: UserArguments): string[] =>
  [...[...as, client ?? ""].map((it) => named(it).value), unscopedToken, refreshToken].flatMap(
    (it) => fileIn(it) ?? [],
  );

/** Reads the token of a user that is given as `name:@file`. */
async function userToken(given: string): Promise<string> {
  const { name, value } = named(given);
  const file = fileIn(value);
  if (!name || name.includes("@") || !file)
    throw new UsageError("--as takes a name and the file of a token, as in --as bob:@bob.token.");
  return tokenFrom(file);
}

/** Reads a token that is given as `@file`. */
async function tokenIn(option: string, given: string): Promise<string> {
  const file = fileIn(given);
  if (!file) throw new UsageError(`${option} takes the file of a token, as in ${option} @token.`);
  return tokenFrom(file);
}

async function tokenFrom(file: string): Promise<string> {
  const token = (await readText(file)).trim();
  if (TOKEN.test(token)) return token;
  throw new UsageError(`${file} holds no token. Put there nothing but the token, without "Bearer".`);
}

/** Reads a client that is given as `id:secret` or as `id:@file`. */
async function clientOf(given: string): Promise<NonNullable<Keys["client"]>> {
  const { name: id, value } = named(given);
  const file = fileIn(value);
  const secret = file === undefined ? value : (await readText(file)).trim();
  if (id !== undefined && secret) return { id, secret };
  throw new UsageError(
    "--client takes an id and a secret, or the file of the secret, as in --client my-bot:@bot.secret.",
  );
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/**
 * Returns a target to which clients come as users: first those of the options, then those of a server that the suite runs itself. The
 * client of OAuth is one of them if the options name no other. Throws a `UsageError`, or an `UnreachableError`.
 */
export async function identify(
  target: Reached,
  { tokens, commands, keys: given }: Users,
  signal: AbortSignal,
  { users = [], keys: own }: Pick<RunningServer, "users" | "keys"> = {},
): Promise<Reached> {
  const keys = { ...own, ...given };
  target.secrets.add(...tokens, ...[keys.client?.secret, keys.unscoped, keys.refresh].filter((it) => it !== undefined));
  const sources = commands.map((command) => () => tokenBy(command, signal));
  const isNobody = !saysWho(target) && tokens.length + commands.length === 0;
  if (given.client && isNobody) sources.push(await byClient(target, given.client, signal));
  try {
    const issued = await Promise.all(sources.map((source) => renewed(source, target)));
    const named = [...tokens.map(bearer), ...issued.map(({ value }) => ({ Authorization: value })), ...users];
    return {
      ...comingAs(target, named),
      keys,
      ...(issued.length > 0 && { renewals: new Map(issued.map((it) => [it.value, it])) }),
    };
  } catch (error) {
    if (signal.aborted) return target;
    throw error;
  }
}

/** A source of the tokens of a client. Its libraries are loaded only where they are needed. */
async function byClient(target: Reached, client: NonNullable<Keys["client"]>, signal: AbortSignal) {
  const { tokenOfClient } = await import("./client-credentials.ts");
  return () => tokenOfClient(target, client, signal);
}

/** Gets the first token of a source, as a header that renews itself. Says so once if there is no further one. */
async function renewed(source: () => Promise<string>, { secrets }: Reached) {
  const next = async () => {
    const token = await source();
    secrets.add(token);
    return `Bearer ${token}`;
  };
  return renewal(await next(), () =>
    next().catch((error: Error) => {
      const words = visible(secrets.redact(error.message));
      process.stderr.write(`${about.name}: the token of a user is expired, and there is no new one: ${words}\n`);
      return undefined;
    }),
  );
}
