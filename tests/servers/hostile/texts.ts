/** Text that upsets a terminal, an XML parser or a JSON reader. */
export const EVIL =
  "\0\x01\x1b[31mRED\x1b[0m\x1b]0;title\x07\r\n\t\b ]]> ]]&gt; <script>&amp;&#0; <!-- --> \u202e\u2066\u200b\ufeff \x9b31m\x7f\x85 \ufffe\uffff\u{1fffe} \u2028\u2029";
/** Halves of characters. */
export const LONE = "\ud800 \udfff \udc00\ud800";
/** The part of that text which can stand in an HTTP head. */
export const HEAD = EVIL.replace(/[^\t\x20-\x7e\x80-\xff]/g, "");
