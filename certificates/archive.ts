import { FILE_NAMES } from "./files.ts";
import { namedPath, type TarEntry } from "./tar.ts";

/** The content of an archive: the files of a bundle, the paths of other files, and why some program may unpack it otherwise. */
interface Unpacked {
  readonly files: Map<string, Buffer>;
  readonly foreign: readonly string[];
  readonly problem?: string;
}

/** A path in an archive: a name, maybe in one folder, as `tar` writes it of a folder or its content. */
const PLACE = /^(?:\.\/)?(?:(?!\.\.?\/)([^/\\:\p{C}]+)\/)?([^/]+)$/u;

/** A name that every file system keeps, except for its case: no other characters, and no dot or space at its end. */
const PLAIN_NAME = /^(?:[\w. -]*[\w-])$/;

/** Takes the files of a bundle out of an archive. Each stands there once, and all in one folder, which holds nothing but plain files. */
export function unpacked(entries: readonly TarEntry[]): Unpacked {
  const placed = entries.filter(({ isFolder }) => !isFolder).map((it) => ({ ...it, ...placeOf(it.path) }));
  const home = placed.find(({ name }) => FILE_NAMES.includes(name))?.folder ?? "";
  const isOwn = ({ name, folder }: Place) => FILE_NAMES.includes(name) && folder === home;
  const [own, foreign] = [placed.filter(isOwn), placed.filter((it) => !isOwn(it))];
  const problem = twiceIn(placed) ?? strayIn(foreign, home) ?? folderIn(entries, home);
  return {
    files: new Map(own.map(({ name, content }) => [name, content])),
    foreign: foreign.map(({ path }) => path),
    ...(problem !== undefined && { problem }),
  };
}

/** The place of a file: its name, and the folder, if any. */
interface Place {
  readonly folder: string;
  readonly name: string;
}

/** Returns the place of a path; one without a name where it is none. */
function placeOf(path: string): Place {
  const [, folder = "", name = ""] = PLACE.exec(path) ?? [];
  return { folder, name };
}

/** Returns where programs unpack a file. They drop what leads out of the folder, and some file systems know no case. */
const landing = (path: string): string =>
  path
    .slice(Math.max(0, path.lastIndexOf("../")))
    .split("/")
    .filter((part) => !["", ".", ".."].includes(part))
    .join("/")
    .toLowerCase();

function twiceIn(files: readonly { readonly path: string; readonly name: string }[]): string | undefined {
  const places = new Map<string, string>();
  for (const { path, name } of files) {
    const at = landing(path);
    const before = places.get(at);
    if (before !== undefined) return `it holds ${before} twice`;
    places.set(at, name || path);
  }
  return undefined;
}

/** Finds a file that does not belong to a bundle, and that some program may put in the place of one, or anywhere else. */
function strayIn(foreign: readonly (TarEntry & Place)[], home: string): string | undefined {
  for (const { path, folder, name } of foreign) {
    if (name === "" || !["", home].includes(folder)) return `it holds ${namedPath(path)}, a file of another folder`;
    if (folder === "" && home !== "" && name.toLowerCase() === home.toLowerCase())
      return `it holds ${namedPath(path)}, a file in the place of its folder`;
    if (FILE_NAMES.some((own) => own.toLowerCase() === name.toLowerCase())) return `it holds ${name} in another folder`;
    if (!PLAIN_NAME.test(name)) return `it holds ${namedPath(path)}, a name that not all programs take alike`;
  }
  return undefined;
}

/** Finds a folder that is not the one of the files. */
function folderIn(entries: readonly TarEntry[], home: string): string | undefined {
  const odd = entries.find(
    ({ path, isFolder }) => isFolder && !["", home].includes(path.replace(/^\.\/|\/$/g, "").replace(/^\.$/, "")),
  );
  return odd && `it holds ${namedPath(odd.path)}, a folder`;
}
