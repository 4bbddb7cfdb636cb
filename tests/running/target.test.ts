import { describe, expect, test } from "@jest/globals";
import { targetHeaders, targetUrl } from "../../running/target.ts";

describe("a target", () => {
  test.each([
    ["ws://localhost:1", "ws://localhost:1/"],
    ["http://localhost/a?b=c", "ws://localhost/a?b=c"],
    ["https://example.org/x#y", "wss://example.org/x"],
    ["WSS://Example.org", "wss://example.org/"],
    ["ws://[::1]:5", "ws://[::1]:5/"],
  ])("%s is %s", (given, url) => expect(targetUrl(given).href).toBe(url));
  test.each([
    ["localhost:8080", /no ws:, wss:, http: or https: url\. .* perhaps ws:\/\/localhost:8080/],
    ["example.org/lobby", /is no url\. .* perhaps ws:\/\/example\.org\/lobby/],
    ["ftp://x", /no ws:/],
    ["ws://localhost:99999", /is no url\. Ports end at 65535\./],
    ["ws://", /is no url\. Give/],
    ["", /is no url/],
  ])("%p is an error", (given, message) => expect(() => targetUrl(given)).toThrow(message));

  test("headers are names and values", async () => {
    expect(await targetHeaders(["Authorization: Bearer a:b ", "x-y:"])).toEqual({
      Authorization: "Bearer a:b",
      "x-y": "",
    });
    for (const wrong of ["Authorization", ": x", "a b: c", "a: b\r\nc: d"]) {
      await expect(targetHeaders([wrong])).rejects.toThrow(/needs the form "Name: value"/);
    }
    await expect(targetHeaders(["@/no/such/file"])).rejects.toThrow(
      /Cannot read \/no\/such\/file: there is no such file/,
    );
  });
});
