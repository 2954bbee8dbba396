// Warns before the session ends by idling, and takes the page away when it has ended. The server decides; this only asks it.
"use strict";
(() => {
  const session = document.querySelector('meta[name="session"]');
  if (!session) return;
  const WARN = 120; // seconds before the end
  const STAY = 60; // seconds: signs of life are passed on at most this often
  const warning = document.getElementById("idle-warning");
  const left = document.getElementById("idle-left");
  let ends = Date.now() + Number(session.content) * 1000;
  let alive = false; // somebody typed or clicked since the server last heard of it
  let told = Date.now();
  let looked = 0;
  let busy = false;

  const secondsLeft = () => Math.round((ends - Date.now()) / 1000);
  const heard = (state) => { ends = Date.now() + state.seconds_left * 1000; };

  const ask = async (path, options) => {
    const response = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store", ...options });
    if (response.status === 401) { leave(); return; }
    if (response.ok) heard(await response.json());
  };
  const look = () => { looked = Date.now(); return ask("/session").catch(() => {}); };
  const stay = () => {
    alive = false;
    told = Date.now();
    return ask("/session/stay", { method: "POST", body: new URLSearchParams({ csrf: session.dataset.csrf }) }).catch(() => {});
  };

  const leave = () => {
    const here = location.pathname + location.search;
    location.replace("/sign-in?done=idle&next=" + encodeURIComponent(here));
  };

  const say = (seconds) => (seconds >= 90 ? Math.round(seconds / 60) + " minutes" : Math.max(seconds, 0) + " seconds");

  const check = async () => {
    if (alive && Date.now() - told > STAY * 1000) await stay();
    // Another window may have kept the session alive: ask before anybody is warned or sent away.
    if (secondsLeft() <= WARN && Date.now() - looked > 10000) await look();
    if (secondsLeft() <= 0) { await look(); if (secondsLeft() <= 0) { leave(); return; } }
    if (secondsLeft() <= WARN) {
      left.textContent = say(secondsLeft());
      if (!warning.open) warning.showModal();
    } else if (warning.open) warning.close();
  };
  const tick = async () => {
    if (busy) return;
    busy = true;
    await check();
    busy = false;
  };

  for (const sign of ["keydown", "pointerdown", "input"]) {
    addEventListener(sign, () => { if (!warning.open) alive = true; }, { passive: true, capture: true });
  }
  document.getElementById("idle-stay").addEventListener("click", async () => { await stay(); warning.close(); });
  warning.addEventListener("cancel", () => { stay(); });
  document.addEventListener("session-ended", leave);
  // Requests of the reader count at the server as well; those of data-live parts do not.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.requestConfig.headers["X-Live"]) ends = Date.now() + Number(session.content) * 1000;
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look().then(tick); });
  setInterval(tick, 1000);
})();
