// The text for the record follows what is typed; an answer that asks to specify asks for words before it is sent.
"use strict";
(() => {
  for (const form of document.querySelectorAll("form.answering")) {
    const words = form.elements.text;
    const line = form.querySelector("[data-words]");
    const follow = () => {
      const typed = words.value.trim();
      line.querySelector("span").textContent = typed;
      line.hidden = typed === "";
      const chosen = form.querySelector("input[name=choice]:checked");
      words.required = chosen !== null && "needsWords" in chosen.dataset;
    };
    form.addEventListener("input", follow);
    follow();
    // A second tap on the way changes nothing, and says nothing either.
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
    addEventListener("pageshow", () => { delete form.dataset.sent; });
  }
})();
