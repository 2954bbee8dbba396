// Keeps the parts of a page up to date that say data-live="queries" (or several names, apart by blanks) beside hx-get.
// The server only says what has changed; what a part shows, it fetches itself, with the reader's own rights.
"use strict";
(() => {
  const WAIT = 400; // ms: several changes at once are one reload
  const REST = 5000; // ms between two reloads of one part, however much happens
  const pending = new Map();
  const reloaded = new Map();
  let source = null;

  const parts = () => [...document.querySelectorAll("[data-live][hx-get]")];

  // A part that somebody writes in, or whose menu is open, waits until they are done.
  const isInUse = (part) => {
    const focus = document.activeElement;
    const writing = focus && part.contains(focus) && focus.matches("input, textarea, select");
    return writing || part.querySelector("dialog[open], details[data-busy][open]") !== null;
  };

  const reload = (part) => {
    pending.delete(part);
    if (!part.isConnected) return;
    if (isInUse(part)) { schedule(part, WAIT * 5); return; }
    const address = part.getAttribute("hx-get");
    // Everybody who begins to listen is told to look once, changed or not. No rest follows that one.
    reloaded.set(address, reloaded.has(address) ? Date.now() : 0);
    htmx.ajax("GET", address, {
      source: part,
      target: part,
      swap: part.getAttribute("hx-swap") || "outerHTML",
      headers: { "X-Live": "1" }, // the server does not count it as somebody being there
    });
  };

  const schedule = (part, wait) => {
    if (pending.has(part)) return;
    const rested = (reloaded.get(part.getAttribute("hx-get")) || 0) + REST - Date.now();
    pending.set(part, setTimeout(() => reload(part), Math.max(wait, rested)));
  };

  const changed = (names) => {
    const heard = new Set(names.split(" "));
    for (const part of parts()) {
      if (part.dataset.live.split(/\s+/).some((name) => heard.has(name))) schedule(part, WAIT);
    }
  };

  // Who walks through a part by keys stays where they are when it is fetched anew: at a link, or at what has an id. And
  // what they have unfolded stays unfolded.
  let place = null;
  let unfolded = null;
  const unfold = ({ address, folds }) => {
    const found = document.querySelector(`[data-live][hx-get="${CSS.escape(address)}"]`)?.querySelectorAll("details") ?? [];
    for (const at of folds) if (found[at]) found[at].open = true;
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    unfolded = part.matches("[data-live]") && {
      address: part.getAttribute("hx-get"),
      folds: [...part.querySelectorAll("details")].flatMap((fold, at) => (fold.open ? [at] : [])),
    };
    const focus = document.activeElement;
    const link = focus.getAttribute("href");
    place = !part.contains(focus) ? null
      : focus.id ? `#${CSS.escape(focus.id)}` : link ? `a[href="${CSS.escape(link)}"]` : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (unfolded) unfold(unfolded);
    unfolded = null;
    if (place && document.activeElement === document.body) document.querySelector(place)?.focus({ preventScroll: true });
    place = null;
  });

  const listen = () => {
    if (source || document.hidden || parts().length === 0) return;
    source = new EventSource("/signals");
    source.addEventListener("changed", (event) => changed(event.data));
    source.addEventListener("ended", () => { stop(); document.dispatchEvent(new CustomEvent("session-ended")); });
    // The browser comes back by itself after a break, except where the server refused; then it is tried again later.
    // Whoever comes, or comes back, hears every name once: what happened meanwhile was not heard.
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) { stop(); setTimeout(listen, 15000); }
    });
  };

  const stop = () => { if (source) { source.close(); source = null; } };

  // A hidden page listens to nothing (a browser has few connections). When it is seen again it is told to look.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", listen);
  document.addEventListener("htmx:afterSettle", listen);

  // What htmx could not do is said in words, above the page.
  document.addEventListener("htmx:responseError", () => tell("That did not work, and nothing was changed. Reload the page and try again."));
  document.addEventListener("htmx:sendError", () => tell("The server cannot be reached just now. Nothing was changed."));
  const faults = () => document.getElementById("faults");
  const tell = (text) => {
    const note = document.createElement("p");
    note.className = "note wrong";
    note.setAttribute("role", "alert");
    note.textContent = text;
    faults().replaceChildren(note);
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.requestConfig.headers["X-Live"]) faults().replaceChildren();
  });
})();
