// Makes the search for a provider a combobox: type, choose with the arrow keys, take with Enter. Without this script
// there are a search field with a button and a plain list of choice, which stays what is sent.
"use strict";
(() => {
  const WAIT = 200; // ms after the last key

  const enliven = (box) => {
    if (box.classList.contains("lively")) return;
    const input = box.querySelector("#provider-search");
    const list = box.querySelector("[role=listbox]");
    const select = box.querySelector("select");
    const told = box.querySelector("[role=status]");
    let timer = 0;
    let asked = 0;
    let active = -1;

    const chosenText = () => (select.value ? select.selectedOptions[0].textContent : "");
    const options = () => [...list.querySelectorAll("[role=option]")];

    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      active = -1;
    };

    const point = (place) => {
      const all = options();
      if (all.length === 0) return;
      active = (place + all.length) % all.length;
      all.forEach((one, at) => one.setAttribute("aria-selected", String(at === active)));
      all[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", all[active].id);
    };

    const take = (option) => {
      const value = option ? option.dataset.value : "";
      const text = option ? option.textContent.trim() : "";
      if (value && ![...select.options].some((one) => one.value === value)) select.add(new Option(text, value));
      select.value = value;
      input.value = text;
      told.textContent = text ? `Asked is ${text}.` : "Asked is the attending of record, else the service's default.";
      close();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const search = async () => {
      const mine = ++asked;
      const body = new URLSearchParams({ provider_search: input.value, csrf: document.querySelector("#gap-form [name=csrf]").value });
      const answer = await fetch("/gaps/new/providers", { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
      if (mine !== asked) return; // a later search is on its way
      if (!answer || !answer.ok) { told.textContent = "The search does not answer; try again in a moment."; return; }
      list.innerHTML = await answer.text();
      const count = options().length;
      list.hidden = count === 0;
      input.setAttribute("aria-expanded", String(count > 0));
      told.textContent = count ? `${count} found; choose with the arrow keys.` : "Nobody of that name or service.";
      active = -1;
    };

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    input.value = chosenText();
    box.classList.add("lively");

    input.addEventListener("input", (event) => {
      event.stopPropagation(); // nothing of the question has changed yet
      clearTimeout(timer);
      if (input.value.trim() === "") { take(null); return; }
      timer = setTimeout(search, WAIT);
    });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { search(); return; }
        point(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!list.hidden && active >= 0) take(options()[active]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", () => { close(); input.value = chosenText(); });
    // Pressing would take the focus from the field before the choice is made.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
  };

  const all = () => document.querySelectorAll(".combobox").forEach(enliven);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSettle", all);
  if (document.readyState !== "loading") all();
})();
