import { expect, test } from "@jest/globals";
import { live } from "../../recordings/live-findings.ts";

test("few lines are told of a client that makes a new mistake with each message", () => {
  const lines: string[] = [];
  const telling = live(
    () => [],
    (line) => void lines.push(line),
  );
  for (let message = 1; message <= 1_000; message++) telling.mistake("1", { says: `no command ${message}`, message });
  telling.end();
  expect(lines.slice(-6)).toEqual([
    ...[100, 101, 102, 103, 104].map((n) => `client connection 1, message ${n}: no command ${n}`),
    "client connection 1, message 105: no command 105 (more of this kind are only counted)",
  ]);
});
