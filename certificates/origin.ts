import { isDeepStrictEqual } from "node:util";
import { textOf } from "./content.ts";
import { digestsOf } from "./digests.ts";
import { isSignedBy, keyId } from "./envelope.ts";
import { digestsOfFiles, FILES, type Files, sumsOf } from "./files.ts";
import { digestsIn } from "./statement.ts";
import { type BundleContent, type Findings, found } from "./step.ts";

/** Checks that the list of digests is that of the files. */
export function sums(files: Files): Findings {
  const text = textOf(files, FILES.sums);
  const [own, its] = [sumsOf(files).split("\n"), (text ?? "").split("\n")];
  const wrong = own.filter((line) => !its.includes(line)).map((line) => line.slice(66));
  if (wrong.length > 0) return { problems: [`${wrong.join(", ")}: changed since, or never as listed`] };
  return found(text !== sumsOf(files) && "it holds more than the digests of the files");
}

/** Checks that the bundle is signed by the key that is asked for. */
export function signature({ envelope, key }: BundleContent): Findings {
  const [signed] = envelope.signatures;
  if (key && isSignedBy(envelope, key)) return { problems: [] };
  if (key)
    return found(
      signed ? `it is not signed by the key given, ${keyId(key)}, but says ${signed.keyid}` : "it is not signed",
    );
  if (!signed) return { problems: [], notes: ["it is not signed: anyone can have made it"] };
  return {
    problems: [],
    notes: [`not checked: it says that it is signed by ${signed.keyid}; --public-key checks that`],
  };
}

/** Checks that the files are those that were certified. */
export function digests({ files, statement: { subject } }: BundleContent): Findings {
  const said = digestsIn(subject);
  const own = Object.entries(digestsOfFiles(files));
  return {
    problems: own
      .filter(([name, digest]) => said[name] !== digest)
      .map(([name]) => `${name} is not what was certified`),
  };
}

/** Tells if the bundle is by this very suite. */
const isSameSuite = (content: BundleContent) => {
  const { name, version } = content.suite;
  return isDeepStrictEqual(content.report.suite, { name, version }) && judgesAlike(content);
};

/** Tells if this suite judges with the same as the one that made the bundle, even if its version has another name. */
export const judgesAlike = ({ protocol, set, statement: it }: BundleContent) =>
  isDeepStrictEqual({ ...digestsOf(protocol, set) }, { ...digestsIn(it.predicate.configuration) });

/** Says which suite made the bundle, if it is not this one. */
export function suite(content: BundleContent): Findings {
  const { suite: own, report, protocol, set, statement: it } = content;
  const said = digestsIn(it.predicate.configuration);
  const other = Object.entries(digestsOf(protocol, set)).filter(([name, digest]) => said[name] !== digest);
  if (said.set !== digestsOf(protocol, set).set) return found(`the set ${set.name} differs from the one of that name`);
  if (isSameSuite(content)) return { problems: [] };
  return {
    problems: [],
    notes: [
      `made by ${report.suite.name} ${report.suite.version}; this is ${own.version}, and judges ${other.length > 0 ? `with other ${other.map(([name]) => name).join(", ")}` : "with the same"}: only what both know alike is judged again`,
    ],
  };
}
