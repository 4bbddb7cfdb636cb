import type { VersionChoice } from "../../suites/index.ts";
import { target } from "../option-kinds.ts";
import {
  CERTIFYING,
  CHECKING,
  COMPARING,
  EXPECTING,
  EXPLAINING,
  LISTING,
  OUTPUT,
  PROTOCOL,
  RECORDING,
  REPORTING,
  SELECTION,
  SERVING,
  VERIFYING,
} from "../options.ts";
import { ACTOR, LISTENING, LOOPING, RUNNING } from "../run-options.ts";
import { command, type Subcommand } from "../subcommand.ts";

const needed = (describe: string) => ({ type: "string", demandOption: true, describe }) as const;
const files = (describe: string) => ({ type: "string", array: true, demandOption: true, describe }) as const;

/** The protocol version of stored reports and the kind of peer, read from the first report. */
const storedChoice = async (paths: readonly string[]): Promise<VersionChoice> => {
  const { version, actor } = await (await import("../../reports/stored-version.ts")).storedVersion(paths[0] ?? "");
  return { protocol: version, actor };
};

/** All commands. Each loads its code when it runs. */
export const COMMANDS: Readonly<Record<string, Subcommand>> = {
  run: command({
    takes: "[url]",
    describe: "Run the suites against a server, or without a url against the embedded reference server",
    findsConfig: true,
    positionals: { url: target("ws:, wss:, http: or https: url of the server") },
    options: { ...PROTOCOL, ...ACTOR, ...SELECTION, ...RUNNING, ...LISTENING, ...LOOPING, ...EXPECTING, ...OUTPUT },
    run: async (args, load) => (await import("./run.ts")).runCommand(args, await load(args)),
  }),
  list: command({
    takes: "",
    describe: "List every case and requirement",
    findsConfig: true,
    positionals: {},
    options: { ...PROTOCOL, ...ACTOR, ...SELECTION, ...LISTING },
    async run(args, load) {
      (await import("./list.ts")).listCommand(args, await load(args));
      return undefined;
    },
  }),
  explain: command({
    takes: "<id>",
    describe:
      "Explain a case, a requirement, a fault or a command of the protocol: what is sent, what is accepted, why, and what usually goes wrong",
    positionals: { id: needed("id of a case or requirement, or name of a fault or command") },
    options: { ...PROTOCOL, ...ACTOR, ...EXPLAINING },
    async run(args, load) {
      await (await import("./explain.ts")).explainCommand(args, await load(args));
      return undefined;
    },
  }),
  report: command({
    takes: "<files..>",
    describe: "Write a stored report.json in other formats, or make one of the shards of a run",
    positionals: { files: files("report.json, or its folder") },
    options: { ...REPORTING, ...EXPECTING, ...OUTPUT },
    run: async (args, load) =>
      (await import("./report.ts")).reportCommand(args, await load(await storedChoice(args.files))),
  }),
  check: command({
    takes: "<files..>",
    describe: "Judge recorded traffic without a server, by the rules for every message",
    positionals: {
      files: files("report.json, a HAR file with WebSocket messages, or one event a line; - is the standard input"),
    },
    options: { ...PROTOCOL, ...CHECKING, ...OUTPUT },
    run: async (args, load) =>
      (await import("./check.ts")).checkCommand(
        args,
        await load(args.protocol ? args : { ...args, ...(await storedChoice(args.files)) }),
      ),
  }),
  record: command({
    takes: "",
    describe: "Record what clients and a server say, as a proxy between them, and judge it while it happens",
    positionals: {},
    options: { ...PROTOCOL, ...RECORDING },
    run: async (args, load) => (await import("./record.ts")).recordCommand(args, await load(args)),
  }),
  compare: command({
    takes: "<old> [new]",
    describe: "Say what changed between two reports, or make a matrix of a folder of reports",
    positionals: {
      old: needed("report.json, its folder, or a folder of reports"),
      new: { type: "string", describe: "report.json, or its folder" },
    },
    options: COMPARING,
    run: async (args) => (await import("./compare.ts")).compareCommand(args),
  }),
  certify: command({
    takes: "<url>",
    describe: "Run everything against a server, and write a certificate where it conforms",
    positionals: { url: { ...target("url of the server"), demandOption: true } },
    options: { ...PROTOCOL, ...CERTIFYING },
    run: async ({ url = "", ...args }, load) =>
      (await import("./certify.ts")).certifyCommand({ ...args, url }, await load(args)),
  }),
  verify: command({
    takes: "<bundle>",
    describe: "Check a certificate without trusting its author",
    positionals: { bundle: needed("its folder or .tgz") },
    options: VERIFYING,
    run: async (args, load) => (await import("./verify.ts")).verifyCommand(args, load),
  }),
  serve: command({
    takes: "",
    describe: "Run the reference server, for those who write a client",
    positionals: {},
    options: { ...PROTOCOL, ...SERVING },
    async run(args, load) {
      await (await import("./serve.ts")).serveCommand(args, await load(args));
      return undefined;
    },
  }),
  completion: command({
    takes: "<shell> [words]",
    describe: "Print a script that completes commands, options and ids in bash or zsh",
    positionals: {
      shell: needed("bash or zsh"),
      words: { type: "string", describe: "what is typed so far; the script gives it" },
    },
    options: {},
    async run(args, load) {
      await (await import("./completion.ts")).completionCommand(args, load, COMMANDS);
      return undefined;
    },
  }),
};

/** Returns the command of a name, if there is one. */
export const commandNamed = (name: string): Subcommand | undefined =>
  Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;

/** The options of every command. */
const GLOBAL = ["config", "help", "h", "version"];

/** Returns the names of all arguments and options of a command. */
export const optionsOf = ({ positionals, options }: Subcommand): string[] => [
  ...Object.keys(options),
  ...GLOBAL,
  ...Object.keys(positionals),
];

/** The names of all arguments and options of all commands. */
export const ALL_OPTIONS: readonly string[] = [...new Set(Object.values(COMMANDS).flatMap(optionsOf))];

/** Returns the options of a command that are on or off. */
export const switchesOf = ({ options }: Subcommand): string[] =>
  Object.keys(options).filter((name) => options[name]?.type === "boolean");

/** The options that are on or off in one command and take a value in another, such as `json`. As switches they have to be typed. */
const TWOFOLD: ReadonlySet<string> = new Set(
  Object.values(COMMANDS)
    .flatMap(switchesOf)
    .filter((name) => Object.values(COMMANDS).some(({ options }) => (options[name]?.type ?? "boolean") !== "boolean")),
);

/** The options that are the argument of another command, such as `url`. They have to be typed, since a variable means the argument. */
const ARGUMENTS: ReadonlySet<string> = new Set(
  Object.values(COMMANDS).flatMap(({ options }) =>
    Object.keys(options).filter((name) => Object.values(COMMANDS).some(({ positionals }) => name in positionals)),
  ),
);

/** Returns the names that may also stand in variables and config files. */
export const unspokenOf = (command: Subcommand): string[] => {
  const switches = switchesOf(command);
  return optionsOf(command).filter(
    (name) => !(TWOFOLD.has(name) && switches.includes(name)) && !(ARGUMENTS.has(name) && name in command.options),
  );
};

/** The names of all options that are on or off wherever they stand, such as `strict`. */
export const SWITCHES: ReadonlySet<string> = new Set(
  Object.values(COMMANDS)
    .flatMap(switchesOf)
    .filter((name) => !TWOFOLD.has(name)),
);
