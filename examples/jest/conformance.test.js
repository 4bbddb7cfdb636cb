const { cases, serve } = require("tachyon-conformance");

let server; // Start your own server here. This one is the reference server.
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server.close());

test.each(cases({ suite: "version" }))("$id", ({ judge }) => judge(server.url));
