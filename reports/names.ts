import type { Requirement } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import { upTo } from "../harness/words.ts";
import type { Report, ReportCheck, ReportProtocol } from "./report.ts";

/** A protocol and its version, as users read them. */
export const titleOf = ({ name, version, actor, schemasVersion }: Report["protocol"]): string =>
  [
    `${name} ${version}`,
    ...(actor === undefined ? [] : [` for ${actor}s`]),
    ...(schemasVersion === undefined ? [] : [` by schemas ${schemasVersion}`]),
  ].join("");

/** The facts that a report keeps of a protocol. */
export const aboutProtocol = ({ name, version, actor, options, folder }: Protocol): ReportProtocol => ({
  name,
  version,
  ...(actor !== undefined && { actor }),
  ...(options && { options }),
  ...(folder && { schemas: folder.digest }),
  ...(folder?.version !== undefined && { schemasVersion: folder.version }),
});

/** The parts of a report that say what was tested. */
type Targeted = Pick<Report, "target" | "protocol">;

/** The name of the target in two parts: words, and its url. That of the embedded reference server is another in each run. */
export const targetParts = ({ target, protocol: { actor } }: Targeted): readonly [words: string, url: string] =>
  target.embedded
    ? ["the embedded reference server", ""]
    : [actor === undefined ? "" : `the ${actor} that came to `, target.url];

/** The name of the target in words. */
export const targetOf = (it: Targeted): string => targetParts(it).join("");

/** The target in words, with its url in any case. */
export const targetAt = (it: Targeted): string =>
  it.target.embedded ? `${it.target.url} (${targetOf(it)})` : targetOf(it);

/** Returns the statement of a requirement; nothing where the catalogue lacks it. */
export const statementOf = (id: string, requirements: readonly Requirement[]): string =>
  requirements.find((it) => it.id === id)?.statement ?? "";

/** Returns what a check expects, where it says more than the statement of its requirement. */
export const ownExpected = ({ expected }: Pick<ReportCheck, "expected">, statement: string | undefined) =>
  expected === statement ? undefined : expected;

/** The number of names told where many are alike. */
export const NAMES = 8;

/** Names on one line: of many the first, and how many more there are; `where` says where all stand. */
export function listed(names: readonly string[], where?: string, most = NAMES): string {
  const more = names.length - most;
  const rest = more > 0 ? [`… and ${more} more${where === undefined ? "" : ` (${where})`}`] : [];
  return [...names.slice(0, most), ...rest].join(", ");
}

/** The other cases with the same finding, on one line; none if there is no other. `where` says where all stand. */
export const likewise = (others: readonly { readonly id: string }[], most: number, where?: string): string[] =>
  others.length === 0
    ? []
    : [
        `  likewise in ${others.length} more: ${listed(
          others.map(({ id }) => id),
          where,
          most,
        )}`,
      ];

/** Tells if words of a check are a JSON value, which came as it stands; all others are words of the suite. */
export const isValue = (words: string): boolean => /^(?:["{[]|(?:-?[\d.]+|true|false|null)$)/.test(words);

/** A text on one line, cut where it is longer than so many UTF-16 units. */
export const short = (text: string, most: number): string => (text.length > most ? `${upTo(text, most)}…` : text);
