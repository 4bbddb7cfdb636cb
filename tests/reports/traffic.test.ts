import { expect, test } from "@jest/globals";
import type { Report, ReportCheck, ReportRecording } from "../../reports/report.ts";
import { notRecorded, traffic } from "../../reports/traffic.ts";

const counts = (skip: number) => ({ pass: 0, info: 0, skip, warn: 0, error: 0, fail: 0 });
const check = (requirement: string, verdict = "skip", actual = "the handshake was refused") =>
  ({ requirement, verdict, actual }) as ReportCheck;

const recording: ReportRecording = {
  files: ["a.ndjson"],
  events: 9,
  connections: counts(60),
  requirements: {
    "message.json": counts(6),
    "termination.announced": counts(58),
    "message.known": counts(6),
    "version.once": counts(0),
  },
};
const report = {
  durationMs: 1_000,
  recording,
  cases: [
    { id: "check/1", checks: [check("message.json"), check("message.known")] },
    { id: "check/2", checks: [check("message.json", "skip", "not recorded: a text"), check("message.known", "pass")] },
  ],
} as unknown as Report;

test("requirements that were not judged stand together, and break at no name", () => {
  expect(traffic(report, recording, { tally: "60 skip", width: 60, verbose: false }).slice(1)).toEqual([
    "  unjudged on 58 connections: termination.announced",
    "           on 6 connections: message.json, message.known",
    "           Too little was recorded there",
    "  held     2 of the 60 connections: the first, and some of",
    "           each kind of finding. The others are only",
    "           counted",
  ]);
});

test("a connection of which nothing could be judged names no requirement", () => {
  expect(notRecorded(report, false, 50)).toEqual([
    "not judged at all in check/1: the handshake was",
    "  refused",
    "not judged in check/2: not recorded: a text",
    "  (message.json)",
  ]);
});
