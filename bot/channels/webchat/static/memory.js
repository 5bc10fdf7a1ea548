// What is kept over a reload: in this browser's memory for us, and in a frame also by the page
// around it, since many browsers keep nothing, or not for long, for frames of other sites.
const own = new Map(); // what no browser keeps lives as long as the page

function box() {
  try {
    return window.localStorage;
  } catch {
    return null; // some browsers raise at the mere mention
  }
}

const kept = box();
const PREFIX = "shuke.";
let tellAround = () => {};

/** Whether other tabs see what is kept. */
export const isShared = kept !== null;

export const get = (name) => own.get(name) ?? kept?.getItem(PREFIX + name) ?? null;

export function put(name, value) {
  keep(name, value);
  tellAround(name, value);
}

export function drop(name) {
  own.delete(name);
  kept?.removeItem(PREFIX + name);
  tellAround(name, null);
}

/** The names that begin so. */
export function names(start) {
  const ours = kept ? Object.keys(kept).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length)) : [];
  return [...new Set([...ours, ...own.keys()])].filter((name) => name.startsWith(start));
}

/** Let the page around us keep what we do: `tell(name, value or null)` from now on, `lent` is what it kept before. */
export function shareWith(tell, lent) {
  tellAround = tell;
  takeBack(lent);
}

/** Take what the page around us kept and we don't know; what we do know is newer. Returns the names. */
export function takeBack(lent) {
  const news = Object.entries(lent).filter(([name, value]) => typeof value === "string" && get(name) === null);
  for (const [name, value] of news) keep(name, value);
  return news.map(([name]) => name);
}

function keep(name, value) {
  own.set(name, value);
  try {
    kept?.setItem(PREFIX + name, value);
    if (kept) own.delete(name); // other tabs may change it
  } catch {
    console.warn("Shuke: this browser keeps no more for the chat");
  }
}

/** Call back when another tab changes the value of a name. */
export function watch(changed) {
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) changed(event.key.slice(PREFIX.length), event.newValue);
  });
}
