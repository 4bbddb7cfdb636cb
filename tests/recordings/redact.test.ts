import { expect, test } from "@jest/globals";
import { hiding } from "../../recordings/redact.ts";
import { event } from "./recordings.ts";

const data = (it: unknown) => (it as { data: string }).data;

test("what a client sends as credentials is taken out of all that its connection holds", () => {
  const hidden = hiding(["given away"]);
  hidden.learn(
    [
      ["Authorization", "Bearer header-token"],
      ["Cookie", "a=cookie-one; b=cookie-two"],
      ["X-Api-Key", "key-in-header"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Protocol", "v1.tachyon, bearer.abcdefghijklmnopqrstuvwx"],
    ].flat(),
    "/?tachyonVersion=0.1.7&access_token=in%20the%20url&pwd=pass-1&jwt=ey-1&key=key-1&code=code-1&sig=sig-1",
  );
  const all = [
    "header-token cookie-one cookie-two key-in-header",
    "bearer.abcdefghijklmnopqrstuvwx in%20the%20url in the url given away pass-1 ey-1 key-1 code-1 sig-1",
  ];
  for (const text of all)
    expect(
      data(hidden.hide(event("server", "text", text)))
        .replaceAll("[redacted]", "")
        .trim(),
    ).toBe("");
  const kept = "dGhlIHNhbXBsZSBub25jZQ== v1.tachyon tachyonVersion=0.1.7";
  expect(data(hidden.hide(event("server", "text", kept)))).toBe(kept);
  const binary = Buffer.from("a header-token").toString("base64");
  expect(Buffer.from(data(hidden.hide(event("client", "binary", binary))), "base64").toString()).toBe("a [redacted]");
});

test("so are secrets in messages, and what is left is the JSON that it was", () => {
  const message = { command: "a/b/request", data: { password: 'x"y', loginToken: "abc", n: 1 } };
  const hidden = data(hiding([]).hide(event("client", "text", JSON.stringify(message))));
  expect(JSON.parse(hidden)).toEqual({
    command: "a/b/request",
    data: { password: "[redacted]", loginToken: "[redacted]", n: 1 },
  });
});

test.each([
  ['{"token" : "secret"}', '{"token" : "[redacted]"}'],
  ['{"my_PASSWORD":"a\\"b","n":"c"}', '{"my_PASSWORD":"[redacted]","n":"c"}'],
  ['{"a":"token","b":"c"}', '{"a":"token","b":"c"}'],
  ['["token","c"]', '["token","c"]'],
  ['{"token":""}', '{"token":""}'],
  ['{"token":"cut off', '{"token":"[redacted]'],
])("%s becomes %s", (text, redacted) => {
  expect(data(hiding([]).hide(event("client", "text", text)))).toBe(redacted);
});

test.each(['"token', '"\\"', '"token":"', "token\\"])("a megabyte of %s is looked at once", (part) => {
  const text = `{"a":"${part.repeat((1 << 20) / part.length)}`;
  expect(data(hiding([]).hide(event("client", "text", text))).startsWith("{")).toBe(true);
});
