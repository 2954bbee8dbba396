// Keys of the work queue, and what stays selected and focused when the list brings itself up to date.
"use strict";
(() => {
  const KEPT = "queue-keys";
  const links = () => [...document.querySelectorAll("#queue-list a.open")];
  const here = () => links().indexOf(document.activeElement?.closest("tr")?.querySelector("a.open"));

  const move = (step) => {
    const all = links();
    if (!all.length) return;
    const next = here() < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here() + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const select = () => {
    const box = links()[here()]?.closest("tr").querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  };

  const help = () => {
    const keys = document.getElementById("keys");
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
  };

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    x: select,
    "/": () => document.getElementById("wanted").focus(),
    "?": help,
  };

  // Single keys get in the way of some people (voice control, tremor): they can be switched off, and stay off.
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem(KEPT) !== "off";
  on.addEventListener("change", () => localStorage.setItem(KEPT, on.checked ? "on" : "off"));

  const isWriting = (target) => target.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target)) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  let before = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "queue-list") return;
    const picked = event.detail.target.querySelectorAll("input:checked");
    before = [...picked].map((box) => box.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!before) return;
    for (const id of before) {
      const box = document.getElementById(id);
      if (box) box.checked = true;
    }
    before = null;
  });
})();
