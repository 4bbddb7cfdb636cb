import { cases, serve } from "tachyon-conformance";
import { afterAll, beforeAll, test } from "vitest";

let server; // Start your own server here. This one is the reference server.
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server.close());

for (const { id, judge } of cases({ suite: "version" })) test(id, () => judge(server.url));
