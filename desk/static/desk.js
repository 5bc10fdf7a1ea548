// What htmx does not do: the log stays at its end, Ctrl+Enter sends, and an answer that
// is half written survives whatever happens to the page around it.
(() => {
  "use strict";
  const log = () => document.getElementById("scroll");
  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const toEnd = (box) => { box.scrollTop = box.scrollHeight; };
  const keyOf = (field) => `draft ${field.closest("[data-talk]").dataset.talk}`;
  let follow = true;

  const restore = () => {
    const field = document.querySelector("[data-draft]");
    if (!field) return;
    if (!field.value) field.value = sessionStorage.getItem(keyOf(field)) || "";
  };

  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-draft]");
    if (field) sessionStorage.setItem(keyOf(field), field.value);
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-sends]");
    if (field && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      field.form.requestSubmit();
    }
  });

  document.addEventListener("htmx:beforeSwap", () => {
    const box = log();
    follow = !box || atEnd(box);
  });

  // What comes by itself waits while somebody has a form unfolded there.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    const calm = target.matches && target.matches("[data-calm]") && requestConfig.verb === "get";
    if (calm && target.querySelector("details[open]")) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const field = event.target.querySelector && event.target.querySelector("[data-draft]");
    if (field && event.detail.successful) sessionStorage.removeItem(keyOf(field));
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const box = log();
    if (box && follow) toEnd(box);
    restore();
    if (event.target.id === "controls" || event.detail.target.id === "controls") {
      const field = document.querySelector("[data-draft]");
      if (field) field.focus();
    }
  });

  // The page comes first, its stream of hints is told of the rest; a form is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post") || form.hasAttribute("data-downloads")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  document.addEventListener("DOMContentLoaded", () => {
    const box = log();
    if (box) toEnd(box);
    restore();
  });
})();
