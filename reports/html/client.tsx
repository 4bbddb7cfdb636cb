import { hydrate } from "preact";
import { copyOnClick } from "./copy.ts";
import { Explorer } from "./explorer.tsx";
import { unpack } from "./packed.ts";

// This runs in the browser. It takes over the part of the page that a reader works with.
const data = document.getElementById("data")?.textContent;
const explorer = document.getElementById("explorer");
if (data && explorer) hydrate(<Explorer data={unpack(JSON.parse(data))} />, explorer);
copyOnClick(document);
