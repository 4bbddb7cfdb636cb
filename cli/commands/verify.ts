import { keyId } from "../../certificates/envelope.ts";
import { readPublicKey } from "../../certificates/keys.ts";
import { conclusion, step as tell } from "../../certificates/tell.ts";
import { type Step, verifyBundle } from "../../certificates/verify.ts";
import { colorsOn } from "../../reports/colors.ts";
import type { ReportProtocol } from "../../reports/report.ts";
import { SUITE } from "../../reports/suite.ts";
import { EXIT } from "../exit.ts";
import type { Load } from "../subcommand.ts";

/** The options of `verify`, as the command line gives them. */
interface VerifyArguments {
  readonly bundle: string;
  readonly publicKey?: string | undefined;
  readonly schemas?: string | undefined;
  readonly quiet: boolean;
}

/** Verifies a bundle, tells if it is to be believed, and resolves to the exit code. Throws a `UsageError`. */
export async function verifyCommand(
  { bundle, publicKey, schemas, quiet }: VerifyArguments,
  load: Load,
): Promise<number> {
  const key = publicKey === undefined ? undefined : await readPublicKey(publicKey);
  const c = colorsOn(process.stdout);
  const steps: Step[] = [];
  const versionOf = ({ version, actor, schemasVersion }: ReportProtocol) =>
    load({ protocol: version, actor, schemas, ...(schemas !== undefined && { schemasVersion }) });
  for await (const step of verifyBundle(bundle, { load: versionOf, suite: SUITE, key })) {
    steps.push(step);
    if (!quiet || step.problems.length > 0) print(tell(step, c));
  }
  const certified = steps.find(({ certifies }) => certifies)?.certifies;
  const unchecked = steps.flatMap((step) => step.unchecked ?? []);
  const isSound = certified !== undefined && steps.every(({ problems }) => problems.length === 0);
  print(conclusion(bundle, certified, { isSound, unchecked, key: key && keyId(key) }, c));
  return isSound ? EXIT.conformant : EXIT.notConformant;
}

const print = (lines: readonly string[]) => void process.stdout.write(lines.map((line) => `${line}\n`).join(""));
