import type { ArgumentsCamelCase, InferredOptionTypes, Options, PositionalOptions } from "yargs";
import type { Protocol } from "../../harness/protocol.ts";
import {
  CERTIFYING,
  CHECKING,
  COMPARING,
  EXPECTING,
  LISTING,
  OUTPUT,
  REPORTING,
  RUNNING,
  SELECTION,
  SERVING,
  target,
  VERIFYING,
} from "../options.ts";

/** Loads the protocol version that is tested, for the commands that need it. */
export type Load = () => Promise<Protocol>;

/** A command: how it is called, and what it does. */
export interface Command {
  /** Its arguments, as they stand behind its name. */
  readonly takes: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  readonly options: Readonly<Record<string, Options>>;
  /** Resolves to the exit code; nothing stands for 0. */
  run(args: unknown, load: Load): Promise<number | undefined>;
}

/** What a command gets for its positional arguments and options. */
type Given<P extends Record<string, Options>, O extends Record<string, Options>> = ArgumentsCamelCase<
  InferredOptionTypes<P & O>
>;

const command = <const P extends Record<string, PositionalOptions & Options>, const O extends Record<string, Options>>(
  it: Omit<Command, "run" | "positionals" | "options"> & {
    readonly positionals: P;
    readonly options: O;
    run(args: Given<P, O>, load: Load): Promise<number | undefined>;
  },
): Command => ({ ...it, run: (args, load) => it.run(args as Given<P, O>, load) });

const needed = (describe: string) => ({ type: "string", demandOption: true, describe }) as const;
const files = (describe: string) => ({ type: "string", array: true, demandOption: true, describe }) as const;

/** All commands. Each loads what it needs when it runs. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run: command({
    takes: "[url]",
    describe: "Run the suites against a server, or without a url against the embedded reference server",
    positionals: { url: target("ws:, wss:, http: or https: url of the server") },
    options: { ...SELECTION, ...RUNNING, ...EXPECTING, ...OUTPUT },
    run: async (args, load) => (await import("./run.ts")).run(args, await load()),
  }),
  list: command({
    takes: "",
    describe: "List every case and requirement",
    positionals: {},
    options: { ...SELECTION, ...LISTING },
    async run(args, load) {
      (await import("./list.ts")).list(args, await load());
      return undefined;
    },
  }),
  explain: command({
    takes: "<id>",
    describe:
      "Explain a case, a requirement or a fault: what is sent, what is accepted, why, and what usually goes wrong",
    positionals: { id: needed("id of a case or requirement, or name of a fault") },
    options: {},
    async run({ id }, load) {
      await (await import("./explain.ts")).explain(id, await load());
      return undefined;
    },
  }),
  report: command({
    takes: "<files..>",
    describe: "Write a stored report.json in other formats, or make one of the shards of a run",
    positionals: { files: files("report.json, or its folder") },
    options: { ...REPORTING, ...EXPECTING, ...OUTPUT },
    run: async (args, load) => (await import("./report.ts")).report(args, await load()),
  }),
  check: command({
    takes: "<files..>",
    describe: "Judge recorded traffic without a server, by the rules for every message",
    positionals: {
      files: files("report.json, a HAR file with WebSocket messages, or one event a line; - is the standard input"),
    },
    options: { ...CHECKING, ...OUTPUT },
    run: async (args, load) => (await import("./check.ts")).check(args, await load()),
  }),
  compare: command({
    takes: "<old> [new]",
    describe: "Say what changed between two reports, or make a matrix of a folder of reports",
    positionals: {
      old: needed("report.json, its folder, or a folder of reports"),
      new: { type: "string", describe: "report.json, or its folder" },
    },
    options: COMPARING,
    run: async (args) => (await import("./compare.ts")).compare(args),
  }),
  certify: command({
    takes: "<url>",
    describe: "Run everything against a server, and write a certificate where it conforms",
    positionals: { url: { ...target("url of the server"), demandOption: true } },
    options: CERTIFYING,
    run: async ({ url = "", ...args }, load) => (await import("./certify.ts")).certify({ ...args, url }, await load()),
  }),
  verify: command({
    takes: "<bundle>",
    describe: "Say whether to believe a certificate, without trusting who made it",
    positionals: { bundle: needed("its folder or .tgz") },
    options: VERIFYING,
    run: async (args, load) => (await import("./verify.ts")).verify(args, await load()),
  }),
  serve: command({
    takes: "",
    describe: "Run the reference server, for those who write a client",
    positionals: {},
    options: SERVING,
    async run(args, load) {
      await (await import("./serve.ts")).serve(args, await load());
      return undefined;
    },
  }),
};

/** What every command takes. */
const GLOBAL = ["config", "help", "h", "version"];

/** The names of all that a command takes. */
export const optionsOf = ({ positionals, options }: Command): string[] => [
  ...Object.keys(options),
  ...GLOBAL,
  ...Object.keys(positionals),
];

/** The names of all that any command takes. */
export const ALL_OPTIONS: readonly string[] = [...new Set(Object.values(COMMANDS).flatMap(optionsOf))];

/** The names of all options that are on or off. */
export const SWITCHES: ReadonlySet<string> = new Set(
  Object.values(COMMANDS).flatMap(({ options }) =>
    Object.keys(options).filter((name) => options[name]?.type === "boolean"),
  ),
);
