import { Ajv } from "ajv";
import type { Protocol } from "../harness/protocol.ts";
import type { RequirementSet } from "../harness/set.ts";
import { parse } from "../harness/transcript.ts";
import { reason } from "../harness/usage.ts";
import { upToDate } from "../reports/older.ts";
import { parseReport } from "../reports/read.ts";
import type { Report } from "../reports/report.ts";
import schema from "./certificate.schema.json" with { type: "json" };
import { type Envelope, envelopeText, isCanonical, PAYLOAD } from "./envelope.ts";
import { FILES, type Files } from "./files.ts";
import type { Statement } from "./statement.ts";

/** Something that was read, or the problem with it. */
export type Read<T> = { readonly is: T; readonly problem?: never } | { readonly is?: never; readonly problem: string };

const wrong = (problem: string) => ({ problem });

const ajv = new Ajv({ strict: true });
const isStatement = ajv.compile<Statement>(schema);
/** Tells if a certificate may name an implementation, a version or a revision so: it must mislead nobody. */
export const isTold = ajv.compile<string>(schema.definitions.told);

const isEnvelope = ajv.compile<Envelope>({
  type: "object",
  additionalProperties: false,
  required: ["payloadType", "payload", "signatures"],
  properties: {
    payloadType: { const: PAYLOAD },
    payload: { type: "string", maxLength: 8 << 20 },
    signatures: {
      type: "array",
      maxItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["keyid", "sig"],
        properties: {
          keyid: { type: "string", pattern: "^SHA256:[A-Za-z0-9+/]{43}$" },
          sig: { type: "string", maxLength: 88 },
        },
      },
    },
  },
});

/** The envelope in a bundle. */
export function readEnvelope(files: Files): Read<Envelope> {
  const text = textOf(files, FILES.certificate);
  const value = text === undefined ? undefined : parse(text);
  if (!isEnvelope(value)) return wrong(`it is not an envelope of the suite: ${ajv.errorsText(isEnvelope.errors)}`);
  if (envelopeText(value) !== text) return wrong("its text is not as the suite writes it");
  const base64 = [value.payload, ...value.signatures.map(({ sig }) => sig)];
  return base64.every(isCanonical) ? { is: value } : wrong("its Base64 is not as the suite writes it");
}

/** The statement in an envelope. */
export function readStatement({ payload }: Envelope): Read<Statement> {
  const text = Buffer.from(payload, "base64").toString();
  const value = parse(text);
  if (!isStatement(value)) return wrong(`it is not a statement of the suite: ${ajv.errorsText(isStatement.errors)}`);
  return JSON.stringify(value) === text ? { is: value } : wrong("its text is not as the suite writes it");
}

/** The report in a bundle. */
export function readReportOf(files: Files): Read<Report> {
  const text = textOf(files, FILES.report);
  if (text === undefined) return wrong("it is not a text in UTF-8");
  try {
    const stored = parseReport(text, FILES.report);
    const report = upToDate(stored);
    if (report !== stored) return wrong("it is of a version of the suite whose bundles cannot be verified any more");
    return `${JSON.stringify(report, null, 1)}\n` === text
      ? { is: report }
      : wrong("its text is not as the suite writes it");
  } catch (error) {
    return wrong(reason(error));
  }
}

/** The set that a statement names. */
export function readSet(named: string, { name, sets, version }: Protocol): Read<RequirementSet> {
  const set = sets.find((it) => it.name === named);
  return set
    ? { is: set }
    : wrong(`this version of the suite, which is of ${name} ${version}, does not know the set ${named}`);
}

/** The text of a file; nothing where it is not UTF-8, or is too long for one. */
export function textOf(files: Files, name: string): string | undefined {
  const bytes = files.get(name);
  const text = bytes?.toString();
  return text !== undefined && bytes?.equals(Buffer.from(text)) ? text : undefined;
}
