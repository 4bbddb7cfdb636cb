/** Names unlike that of any request. The first is an unknown command. */
export const unknownNames = (name: string, unknown: unknown) => {
  const [service] = name.split("/");
  return {
    service: unknown,
    endpoint: `${service}/unknown/request`,
    "empty-text": "",
    space: " ",
    slash: "/",
    "empty-endpoint": `${service}//request`,
    "one-word": "request",
    path: "../../etc/passwd",
    proto: "__proto__",
    constructor: "constructor",
    "to-string": "toString",
    "non-ascii": "größe/日本/💥",
    "lone-surrogate": "\ud800",
    long: "x".repeat(2_000),
  };
};

/** Names that a lenient server could take for that of a request. */
export const nearMisses = (name: string) => {
  const parts = name.split("/");
  return {
    "capital-letters": name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    "upper-case": name.toUpperCase(),
    "one-capital": name.replace("q", "Q"),
    "space-before": ` ${name}`,
    "space-after": `${name} `,
    "space-inside": name.replaceAll("/", " / "),
    "line-break-after": `${name}\n`,
    "tab-before": `\t${name}`,
    "nul-after": `${name}\0`,
    "zero-width-space": `${name}\u200b`,
    "slash-before": `/${name}`,
    "slash-after": `${name}/`,
    "double-slash": name.replace("/", "//"),
    backslashes: name.replaceAll("/", "\\"),
    dots: name.replaceAll("/", "."),
    colons: name.replaceAll("/", ":"),
    underscores: name.replaceAll("/", "_"),
    hyphens: name.replaceAll("/", "-"),
    "percent-encoded": encodeURIComponent(name),
    query: `${name}?now=1`,
    "hash-behind": `${name}#7`,
    "semicolon-behind": `${name};x`,
    "colon-behind": `${name}:1`,
    "at-sign-behind": `${name}@x`,
    "letter-after": `${name}s`,
    "letter-before": `x${name}`,
    "letter-missing": name.slice(0, -1),
    "part-missing": parts.slice(0, -1).join("/"),
    "service-missing": parts.slice(1).join("/"),
    "part-twice": `${name}/${parts.at(-1)}`,
    "service-before": `lobby/${name}`,
    homoglyph: name.replace("e", "\u0435"),
    "full-width-letter": name.replace("s", "\uff53"),
    "long-s": name.replace("s", "\u017f"),
    accent: name.replace("e", "\u00e9"),
    "soft-hyphen": name.replace("e", "e\u00ad"),
  };
};

/** Names that stand for that of a request where a server takes them for patterns. */
export const wildcards = (name: string) => {
  const parts = name.split("/");
  const aPart = (it: string) => parts.map((part, i) => (i === 1 ? it : part)).join("/");
  const behind = (it: string) => parts.with(-1, it).join("/");
  return {
    "glob-for-all": "*",
    "glob-for-a-part": aPart("*"),
    "glob-behind": behind("*"),
    "like-all": "%",
    "like-a-part": aPart("%"),
    "like-behind": behind("%"),
  };
};

/** Names that give the one of a request if they are decoded by rules that JSON lacks. */
export const escapedNames = (name: string) => ({
  "percent-encoded-letter": name.replace("s", "%73"),
  "html-escaped-letter": name.replace("s", "&#115;"),
  "html-escaped-slashes": name.replaceAll("/", "&#x2F;"),
  "html-names-for-slashes": name.replaceAll("/", "&sol;"),
  "letter-twice": name.replace("s", "\\u0073"),
});

/** Words by which people leave a chat or a shell. */
export const plainWords: readonly string[] = ["quit", "exit", "bye", "logout", "disconnect"];
