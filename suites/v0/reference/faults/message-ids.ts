import { type Faults, saying } from "./fault.ts";

/** Changes that a server makes to the messageId of a request that it answers, in words and in code. */
const CHANGES: Readonly<Record<string, readonly [says: string, change: (id: string) => string]>> = {
  "cuts-ids": ["Cuts messageIds to 255 characters.", (id) => id.slice(0, 255)],
  "gives-empty-ids-a-value": ["Answers an empty messageId with one of its own.", (id) => id || "0"],
  "writes-ids-in-its-own-way": [
    "Answers a messageId without its spaces, and with a question mark for each character that is not ASCII.",
    (id) => id.replace(/[\s\0]/g, "").replace(/[^ -~]/g, "?"),
  ],
  "trims-ids": ["Answers a messageId without the spaces around it.", (id) => id.trim()],
  "answers-ids-in-lower-case": ["Answers a messageId in lower case.", (id) => id.toLowerCase()],
  "counts-ids": [
    "Answers a messageId that is a number with the shortest text of that number.",
    (id) => (/^\d+(\.\d+)?$/.test(id) ? String(Number(id)) : id),
  ],
  "strips-tags-off-ids": ["Answers a messageId without the tags in it.", (id) => id.replaceAll(/<[^>]*>/g, "")],
  "normalises-ids": ["Answers a messageId in the normal form C of Unicode.", (id) => id.normalize("NFC")],
  "keeps-ids-as-names": [
    "Looks for a messageId among the names that every object has.",
    (id) => (id in {} ? "object" : id),
  ],
  "reads-ids-as-json": [
    "Reads a messageId as JSON, and answers with what it is then.",
    (id) => (/^[\d{]/.test(id) ? `json:${id}` : id),
  ],
};

/** Faults in giving a messageId back, part of the section "Requests and errors". */
export const messageIdFaults: Faults = Object.fromEntries(
  Object.entries(CHANGES).map(([name, [says, change]]) => [
    name,
    {
      says,
      breaks: "request.echo",
      also: ["response.correlated"],
      change: saying((message) =>
        message.type === "response" ? { ...message, messageId: change(String(message.messageId)) } : undefined,
      ),
    },
  ]),
);
