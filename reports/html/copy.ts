/** The time for which a button says that it copied, in ms. */
const SAYS_COPIED_FOR = 2_000;

/** Lets each button beside a command copy it. */
export function copyOnClick(page: Document): void {
  page.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLButtonElement>("button.copy") : null;
    const command = button?.previousElementSibling;
    if (button && command) void copy(command).then((done) => say(button, done));
  });
}

/** Copies the text of an element; it is selected where the browser forbids that. */
async function copy(element: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}

function say(button: HTMLButtonElement, done: boolean): void {
  button.textContent = done ? "Copied" : "Selected";
  setTimeout(() => {
    button.textContent = "Copy";
  }, SAYS_COPIED_FOR);
}
