import { expect, test } from "@jest/globals";
import { withoutValues } from "../../cli/run/given.ts";

test.each([
  ["./server --port=8080 --url 'http://x/?a=b'", "./server --port=8080 --url 'http://x/?a=b'"],
  ["TOKEN=hush PORT=80 ./server", "TOKEN=… PORT=… ./server"],
  ["EMPTY= TOKEN='hush hush'\"hush\"\\ hush ./server", "EMPTY= TOKEN=… ./server"],
  ["cd app && TOKEN=$(cat a b) A=`cat a b` ./server;B=hush ./other", "cd app && TOKEN=… A=… ./server;B=… ./other"],
  ["docker run -e TOKEN=hush image", "docker run -e TOKEN=… image"],
  ["env 'TOKEN=hush hush' ./server 'x y'", "env 'TOKEN=…' ./server 'x y'"],
  ['sh -c "cd app; TOKEN=\\"hush hush\\" ./server"', 'sh -c "cd app; TOKEN=… ./server"'],
  ["(TOKEN=hush ./server)", "(TOKEN=… ./server)"],
  ["TOKEN=it's ./server", "TOKEN=…'s ./server"],
  ['node -e "serve(it => it.end(), port=>80)"', 'node -e "serve(it => it.end(), port=>80)"'],
])("the start command %s is kept as %s", (command, kept) => expect(withoutValues(command)).toBe(kept));
