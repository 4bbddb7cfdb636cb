import { type Faults, type ReferenceFault, saying } from "./fault.ts";

/** A change of the messageIds of responses. */
const withIds = (change: (id: string) => string): ReferenceFault["change"] =>
  saying((message) =>
    message.type === "response" ? { ...message, messageId: change(String(message.messageId)) } : undefined,
  );

/** Faults in giving a messageId back, part of the section "Requests and errors". */
export const messageIdFaults: Faults = {
  "cuts-ids": {
    says: "Cuts messageIds to 255 characters.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.slice(0, 255)),
  },
  "gives-empty-ids-a-value": {
    says: "Answers an empty messageId with one of its own.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id || "0"),
  },
  "writes-ids-in-its-own-way": {
    says: "Answers a messageId without its spaces, and with a question mark for each character that is not ASCII.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.replace(/[\s\0]/g, "").replace(/[^ -~]/g, "?")),
  },
  "trims-ids": {
    says: "Answers a messageId without the spaces around it.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.trim()),
  },
  "answers-ids-in-lower-case": {
    says: "Answers a messageId in lower case.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.toLowerCase()),
  },
  "counts-ids": {
    says: "Answers a messageId that is a number with the shortest text of that number.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => (/^\d+(\.\d+)?$/.test(id) ? String(Number(id)) : id)),
  },
  "strips-tags-off-ids": {
    says: "Answers a messageId without the tags in it.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.replaceAll(/<[^>]*>/g, "")),
  },
  "normalises-ids": {
    says: "Answers a messageId in the normal form C of Unicode.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => id.normalize("NFC")),
  },
  "keeps-ids-as-names": {
    says: "Looks for a messageId among the names that every object has.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => (id in {} ? "object" : id)),
  },
  "reads-ids-as-json": {
    says: "Reads a messageId as JSON, and answers with what it is then.",
    breaks: "request.echo",
    also: ["response.correlated"],
    change: withIds((id) => (/^[\d{]/.test(id) ? `json:${id}` : id)),
  },
};
