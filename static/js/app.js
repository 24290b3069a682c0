// Small comforts; every page can be read and every form sent without them.
(function () {
  "use strict";

  // The phone's menu closes with Escape and by a tap beside it.
  document.addEventListener("keydown", function (event) {
    const menu = document.querySelector(".menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", function (event) {
    const menu = document.querySelector(".menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  // The progress is replaced every 2 s: what the reader has scrolled or opened stays so.
  let scrolled = {};
  let opened = [];
  document.addEventListener("htmx:beforeSwap", function () {
    const old = document.getElementById("progress");
    if (!old) return;
    scrolled = {};
    old.querySelectorAll(".scroll[id]").forEach(function (box) { scrolled[box.id] = box.scrollLeft; });
    opened = Array.from(old.querySelectorAll("details[open][id]"), function (part) { return part.id; });
  });
  document.addEventListener("htmx:afterSwap", function () {
    Object.keys(scrolled).forEach(function (id) {
      const box = document.getElementById(id);
      if (box) box.scrollLeft = scrolled[id];
    });
    opened.forEach(function (id) {
      const part = document.getElementById(id);
      if (part) part.open = true;
    });
    const fresh = document.getElementById("progress");
    // Another state means other acts, another history, other counts beside the menu.
    if (fresh && fresh.dataset.state !== state) location.reload();
  });
  const first = document.getElementById("progress");
  const state = first ? first.dataset.state : "";

  // Figures that could not be renewed say so; the next good answer replaces the note.
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () {
      const note = document.getElementById("stale");
      if (note) note.hidden = false;
    });
  });

  // Writing a campaign: a placeholder is inserted where the cursor stands.
  let writing = document.querySelector("textarea[name^='wording-']");
  document.addEventListener("focusin", function (event) {
    if (event.target.matches("textarea[name^='wording-']")) writing = event.target;
  });
  document.querySelectorAll(".chip[data-insert]").forEach(function (chip) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = chip.className;
    button.textContent = chip.textContent.trim();
    button.addEventListener("click", function () {
      writing.setRangeText(chip.dataset.insert, writing.selectionStart, writing.selectionEnd, "end");
      writing.dispatchEvent(new Event("input", { bubbles: true }));
      writing.focus();
    });
    chip.replaceWith(button);
  });

  // An area that is ticked means all of it: what lies below follows, and loosens it again.
  document.addEventListener("change", function (event) {
    if (!event.target.matches(".tree input")) return;
    const item = event.target.closest("li");
    item.querySelectorAll("input").forEach(function (below) { below.checked = event.target.checked; });
    if (event.target.checked) return;
    for (let above = item.parentElement.closest("li"); above; above = above.parentElement.closest("li")) {
      above.querySelector("input").checked = false;
    }
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    if (event.target.dataset.sent && !event.defaultPrevented) event.preventDefault();
    if (event.target.method !== "post") return;
    const form = event.target;
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 3000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // What was typed outlives a log-in that ended and a network that was gone: it is kept in this
  // window as the form is sent, and put back where the form opens again and the edition it was
  // shown with is still the last, so that nothing of it was taken. A grid's row has its own.
  document.querySelectorAll("form[data-kept]").forEach(function (form) {
    let store = null;
    try { store = window.sessionStorage; } catch (refused) { return; }
    const of = form.querySelectorAll("input[type=hidden][name=app], input[type=hidden][name=day]");
    const key = ["typed", form.action].concat(Array.from(of, function (each) { return each.value; })).join(" ");
    function edition(field) {
      const row = form.elements.namedItem("seen" + field.name.match(/(-\d+)?$/)[0]);
      return row ? row.value : form.dataset.kept;
    }
    JSON.parse(store.getItem(key) || "[]").forEach(function (kept) {
      const field = form.elements.namedItem(kept.name);
      if (!field || kept.value === field.defaultValue || edition(field) !== kept.edition) return;
      if (field.value !== field.defaultValue) return;  // typed before this script had come
      field.value = kept.value;
      form.querySelector("[data-kept-note]").hidden = false;
    });
    store.removeItem(key);
    form.addEventListener("submit", function () {
      const typed = Array.from(form.elements).filter(function (each) {
        return each.name && /^(text|textarea|date)$/.test(each.type);
      });
      store.setItem(key, JSON.stringify(typed.map(function (each) {
        return { name: each.name, value: each.value, edition: edition(each) };
      })));
    });
  });

  // Whoever logs out leaves nothing typed behind for the next at this window.
  document.querySelectorAll("form[data-forget]").forEach(function (form) {
    form.addEventListener("submit", function () {
      try { window.sessionStorage.clear(); } catch (refused) { return; }
    });
  });

  // The fields of a column are walked up and down as in a spreadsheet.
  document.addEventListener("keydown", function (event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches("input.cell")) return;
    const column = event.target.closest("td").cellIndex;
    const cells = Array.from(document.querySelectorAll("input.cell")).filter(function (each) {
      return each.closest("td").cellIndex === column;
    });
    const next = cells[cells.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
  });

  // A link to hand over: one press copies it; without this it is selected and copied by hand.
  document.querySelectorAll("input[data-copy]").forEach(function (field) {
    field.addEventListener("focus", function () { field.select(); });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = field.dataset.copy;
    button.addEventListener("click", function () {
      field.focus();
      field.select();
      const said = function () { button.textContent = field.dataset.copied; };
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(said, function () {});
      else if (document.execCommand("copy")) said();
    });
    field.after(button);
  });
})();
