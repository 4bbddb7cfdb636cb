import type { ArgumentsCamelCase, InferredOptionTypes, Options, PositionalOptions } from "yargs";
import type { Protocol } from "../harness/protocol.ts";
import type { VersionChoice } from "../suites/index.ts";
import type { Option } from "./option-kinds.ts";

/** Loads the protocol version that the options choose, or the default one. */
export type Load = (choice?: VersionChoice) => Promise<Protocol>;

/** A command, as users call it. */
export interface Subcommand {
  /** Its positional arguments, in the notation of yargs. */
  readonly takes: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  readonly options: Readonly<Record<string, Option>>;
  /** It takes options from a config of the working folder that nobody named. */
  readonly findsConfig?: true;
  /** Resolves to the exit code, or to nothing for 0. */
  run(args: unknown, load: Load): Promise<number | undefined>;
}

/** The options that stand in the command line, and not in a variable or a config. */
export interface Typed {
  /** Their names. */
  readonly typed: ReadonlySet<string>;
}

/** The values of positional arguments and options. */
type Given<P extends Record<string, Options>, O extends Record<string, Options>> = Typed &
  ArgumentsCamelCase<InferredOptionTypes<P & O>>;

/** Declares a command. */
export const command = <
  const P extends Record<string, PositionalOptions & Options>,
  const O extends Record<string, Option>,
>(
  it: Omit<Subcommand, "run" | "positionals" | "options"> & {
    readonly positionals: P;
    readonly options: O;
    run(args: Given<P, O>, load: Load): Promise<number | undefined>;
  },
): Subcommand => ({ ...it, run: (args, load) => it.run(args as Given<P, O>, load) });
