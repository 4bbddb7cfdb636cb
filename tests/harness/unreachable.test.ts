import { expect, test } from "@jest/globals";
import { type Failure, httpFailure, NO_ANSWER, WRONG_NAME } from "../../harness/failure.ts";
import { explainUnreachable } from "../../harness/unreachable.ts";

test.each<[Failure, RegExp]>([
  [{ code: "ECONNREFUSED" }, /Nothing listens/],
  [{ code: "ENOTFOUND" }, /does not resolve/],
  [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, /--ca/],
  [{ code: WRONG_NAME }, /--insecure/],
  [{ code: WRONG_NAME, names: "a.example, 127.0.0.1" }, /for other names: a\.example, 127\.0\.0\.1\. Use one/],
  [{ code: WRONG_NAME, names: "a.example, ".repeat(99) }, /a\.…\. Use one/],
  [httpFailure(302), /Redirects are not followed/],
  [httpFailure(401), /--credential/],
  [httpFailure(404), /Check the path/],
  [{ ...httpFailure(403), says: "no such token" }, /answered HTTP 403 \(no such token\) instead/],
  [httpFailure(400), /no subprotocol that was offered: check --protocol, and the path/],
  [httpFailure(503), /server behind it/],
  [{ code: NO_ANSWER }, /--timeout/],
  [{ code: "EPROTO" }, /TLS/],
  [{ code: "SOMETHING_NEW" }, /could not be reached: SOMETHING_NEW/],
])("a failure %j to reach a target is explained in one line, without credentials", (failure, words) => {
  const line = explainUnreachable(new URL("wss://me:secret@example.org/"), failure);
  expect(line).toMatch(words);
  expect(line).toMatch(/^[^\n]*wss:\/\/example\.org\/[^\n]*$/);
  expect(line).not.toContain("secret");
});
