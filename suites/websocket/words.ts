/** The words of a name as they stand in an id. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** The words of an input's name as they stand in a title. */
export const spaced = (name: string): string => name.replaceAll("-", " ");
