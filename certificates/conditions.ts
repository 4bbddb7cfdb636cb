import type { Protocol } from "../harness/protocol.ts";
import type { Report } from "../reports/report.ts";
import { sha256 } from "./files.ts";

/** The options of a run that decide the worth of its verdicts. Times are in ms. */
export interface Conditions {
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly recoveryMs: number;
  readonly concurrency: number;
  readonly seed: number;
  /** The number of inputs that each generating case makes. */
  readonly runs: number;
}

/** The values that an option may have for a certificate. */
interface OptionRange {
  readonly option: string;
  /** In the unit of the report: times are in ms. */
  readonly least: number;
  readonly most: number;
  /** The value of the option is multiplied by this number for the report, where it has another unit. */
  readonly unit?: number;
}

/** The ms of a second. */
const SECOND = 1_000;

/**
 * The bounds for a certificate by a set. A server has the same time to answer, whoever certifies it. Nobody picks the seed: a certifier
 * could pick one whose inputs do not show the faults of the server.
 */
const boundsOf = (set: string, protocol: Protocol): Readonly<Record<keyof Conditions, OptionRange>> => ({
  timeoutMs: exactly("timeout", 2 * SECOND),
  idleMs: { option: "idle", least: 2 * SECOND, most: 3_600 * SECOND, unit: SECOND },
  recoveryMs: { option: "recovery", least: 0, most: 2 * SECOND },
  concurrency: { option: "concurrency", least: 16, most: 64 },
  seed: exactly("seed", seedOf(set, protocol)),
  runs: { option: "runs", least: 200, most: 1_000 },
});

const exactly = (option: string, value: number): OptionRange => ({ option, least: value, most: value });

/** The seed of a set: every server is asked the same, and nobody chose the seed. It is 0 if no case generates its inputs. */
export const seedOf = (set: string, { suites }: Protocol): number =>
  suites.some(({ cases }) => cases.some(({ generates }) => generates))
    ? 1 + (Number.parseInt(sha256(set).slice(0, 8), 16) % (2 ** 31 - 1))
    : 0;

/** The conditions that a report names; nothing where it lacks some. */
export function conditionsOf({ conditions, concurrency, seed }: Report): Conditions | undefined {
  return conditions && concurrency !== undefined ? { ...conditions, concurrency, seed } : undefined;
}

/** Names the options that are out of bounds for a certificate by a set. */
export function outOfBounds(given: Partial<Conditions>, set: string, protocol: Protocol): string[] {
  return Object.entries(boundsOf(set, protocol)).flatMap(([name, { option, least, most, unit = 1 }]) => {
    const value = given[name as keyof Conditions];
    if (value === undefined || (value >= least && value <= most)) return [];
    const allowed = least === most ? `${least / unit}` : `${least / unit} to ${most / unit}`;
    return [`--${option} ${value / unit}: certificates by the set ${set} need ${allowed}`];
  });
}

/** The conditions in words. */
export const conditionsText = ({ timeoutMs, idleMs, recoveryMs, concurrency, seed, runs }: Conditions): string =>
  [
    `${timeoutMs} ms to answer, ${recoveryMs} to recover, ${idleMs} idle`,
    `${concurrency} cases at a time`,
    `${runs} inputs of seed ${seed}`,
  ].join("; ");
