// What the browser keeps over a reload. Where a browser keeps nothing for pages within
// pages, the chat works all the same, until it is closed.
const own = new Map();

function box() {
  try {
    return window.localStorage;
  } catch {
    return null; // some browsers raise at the mere mention
  }
}

const kept = box();
const PREFIX = "shuke.";

/** Whether other tabs see what is kept. */
export const isShared = kept !== null;

export const get = (name) => (kept ? kept.getItem(PREFIX + name) : own.get(name)) ?? null;

export function put(name, value) {
  own.set(name, value);
  try {
    kept?.setItem(PREFIX + name, value);
  } catch {
    console.warn("Shuke: this browser keeps nothing; an unsent message would not survive a reload");
  }
}

export function drop(name) {
  own.delete(name);
  kept?.removeItem(PREFIX + name);
}

/** The names that begin so. */
export function names(start) {
  const all = kept ? Object.keys(kept).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length)) : [...own.keys()];
  return all.filter((name) => name.startsWith(start));
}

/** Call back when another tab changes the value of a name. */
export function watch(changed) {
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) changed(event.key.slice(PREFIX.length), event.newValue);
  });
}
