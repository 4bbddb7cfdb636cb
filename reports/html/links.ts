import { useEffect, useState } from "preact/hooks";

/** The place in the page that its address points to. */
function pointedAt(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** Opens the row that the address of the page points to, whenever that changes or the same link is followed again. */
export function useLinks(unhide: (id: string) => void): void {
  const [target, setTarget] = useState<{ readonly id: string }>();

  useEffect(() => {
    const follow = () => setTarget({ id: pointedAt() });
    const again = ({ target }: MouseEvent) => {
      const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href^='#']") : null;
      if (link && link.hash === location.hash) follow();
    };
    follow();
    addEventListener("hashchange", follow);
    document.addEventListener("click", again);
    return () => {
      removeEventListener("hashchange", follow);
      document.removeEventListener("click", again);
    };
  }, []);

  useEffect(() => {
    if (!target) return;
    const row = document.getElementById(target.id);
    if (!(row instanceof HTMLDetailsElement)) return;
    unhide(target.id);
    row.open = true;
    // A row that a filter had hidden is seen only after the next rendering.
    requestAnimationFrame(() => {
      row.scrollIntoView();
      row.querySelector("summary")?.focus({ preventScroll: true });
    });
  }, [target]);
}
