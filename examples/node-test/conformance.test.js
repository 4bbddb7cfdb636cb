import { after, before, test } from "node:test";
import { cases, serve } from "tachyon-conformance";

let server; // Start your own server here. This one is the reference server.
before(async () => {
  server = await serve();
});
after(() => server.close());

for (const { id, judge } of cases({ suite: "version" })) test(id, () => judge(server.url));
