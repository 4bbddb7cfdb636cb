/** Words as they stand in an id. */
export function slug(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** The name of an input as it stands in a title. */
export const words = (name: string): string => name.replaceAll("-", " ");
