import { inSeconds } from "../harness/words.ts";
import { implementationText, LEVEL_WORDS } from "../reports/certified.ts";
import type { Colors } from "../reports/colors.ts";
import { visible } from "../reports/escape.ts";
import { listed } from "../reports/names.ts";
import type { LevelReached, Report } from "../reports/report.ts";
import type { Counted } from "../reports/sets.ts";
import { conditionsText } from "./conditions.ts";
import type { Conformance } from "./statement.ts";
import type { Step } from "./verify.ts";

/** The obstacles to a certificate; with `isStrict` to one at the level strict. */
export function obstacles({ conformant, strict, missing, unstable, needs }: Counted, isStrict: boolean): string[] {
  const { broken, unjudged } = isStrict ? strict : conformant;
  const all = {
    broken,
    "not judged": unjudged,
    "not run": missing,
    "needs these options": unjudged.length > 0 ? needs : [],
    "unstable, the verdict varies": unstable,
  };
  const told = Object.entries(all).flatMap(([what, ids]) => (ids.length === 0 ? [] : [`${what}: ${listed(ids)}`]));
  return told.length > 0 ? told : ["the run ended early, or the server while it ran"];
}

/** Schemas by their digest, and by the version that a certifier gives them: their own words stand in quotes. */
const schemasText = ({ sha256, version }: { readonly sha256: string; readonly version?: string | undefined }): string =>
  `of a folder, ${version === undefined ? "" : `said to be ${JSON.stringify(version)}, `}SHA-256 ${sha256}`;

/** Shows the certificate that a server got. */
export function granted(
  { target, cases, durationMs, requirements, protocol }: Report,
  certified: { readonly name: string; readonly set: string; readonly level: LevelReached },
  {
    signed,
    written,
    beside = [],
    next,
  }: {
    readonly signed: string;
    readonly written: readonly string[];
    readonly beside?: readonly string[];
    readonly next: string;
  },
): string[] {
  const warned = requirements.filter(({ verdict }) => verdict === "warn").map(({ id }) => id);
  return [
    `CERTIFIED ${implementationText(certified.name)} is ${LEVEL_WORDS[certified.level]}`,
    `  set      ${certified.set}`,
    ...(protocol.schemas === undefined
      ? []
      : [`  schemas  ${schemasText({ sha256: protocol.schemas, version: protocol.schemasVersion })}`]),
    `  target   ${target.url}`,
    `  cases    ${cases.length} in ${inSeconds(durationMs)}`,
    ...(warned.length > 0 ? [`  warned   ${warned.join(", ")}`] : []),
    `  signed   ${signed}`,
    `  bundle   ${written.join(" ")}`,
    ...(beside.length > 0 ? [`  beside   ${beside.join(" ")}`] : []),
    `  verify   ${next}`,
  ].map(visible);
}

/** Shows one step of verifying. */
export function step({ name, problems, notes = [], done }: Step, c: Colors): string[] {
  const line = (head: string, words?: string) => `${head} ${visible(words === undefined ? name : `${name}: ${words}`)}`;
  return [
    ...problems.map((words) => line(c.red("problem"), words)),
    ...notes.map((words) => line(c.yellow("note   "), words)),
    ...(problems.length === 0 && (notes.length === 0 || done !== undefined) ? [line(c.green("ok     "), done)] : []),
  ];
}

/** The outcome of a verification: if all is sound, and the key of the signature that was asked for. */
interface Verification {
  readonly isSound: boolean;
  /** The parts of the bundle that could not be checked. */
  readonly unchecked?: readonly string[];
  readonly key?: string | undefined;
}

/** Names the parts that could not be checked, on the line that others quote. */
const but = (unchecked: readonly string[]) =>
  unchecked.length === 0 ? "" : `; DO NOT BELIEVE ${unchecked.join(", ")}: not checked, see the notes`;

/** Shows the conclusion of verifying; `bundle` is its name. */
export function conclusion(
  bundle: string,
  it: Conformance | undefined,
  { isSound, unchecked = [], key }: Verification,
  c: Colors,
): string[] {
  const word = isSound ? c.green(key === undefined ? "CONSISTENT" : "BELIEVE") : c.red("DO NOT BELIEVE");
  if (!it) return [`${word} ${visible(bundle)}: it certifies nothing that could be read`];
  const { name, version, revision } = it.implementation;
  const who = implementationText(name, version);
  return [
    `${word} ${isSound ? `${who} is ${LEVEL_WORDS[it.level]}${but(unchecked)}` : `that ${who} is ${it.level}`}`,
    ...[
      ...(revision === undefined ? [] : [`  revision ${JSON.stringify(revision)}`]),
      `  set      ${it.set}`,
      ...(it.schemas === undefined ? [] : [`  schemas  ${schemasText(it.schemas)}`]),
      `  terms    ${conditionsText(it.conditions)}`,
      `  target   ${it.target}, ${it.startedAt}`,
      `  suite    ${it.suite.name} ${it.suite.version}`,
      `  key      ${key === undefined ? "not checked, since --public-key names none: anybody can have made this" : isSound ? key : `${key} was asked for`}`,
    ].map(visible),
  ];
}
