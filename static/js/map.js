// The map: a slider in place of the list of days, and one stop of the keyboard for all its areas.
(function () {
  "use strict";
  const drawn = document.getElementById("drawn");
  const form = document.getElementById("days");
  const list = document.getElementById("slid");
  if (!drawn || !form || !list) return;

  // The list stays, hidden, and says what is sent; letting the slider go says that it changed.
  const options = Array.from(list.options).reverse();
  const slider = document.createElement("input");
  slider.type = "range";
  slider.id = "slider";
  slider.max = options.length - 1;
  slider.value = options.findIndex(function (option) { return option.selected; });
  const says = document.createElement("output");
  says.className = "n";
  says.htmlFor = "slider";
  function say() {
    const option = options[slider.value];
    says.textContent = option.textContent;
    slider.setAttribute("aria-valuetext", option.textContent);
  }
  slider.addEventListener("input", say);
  slider.addEventListener("change", function () {
    const value = options[slider.value].value;
    if (list.value === value) return;
    list.value = value;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.querySelector("label").htmlFor = "slider";
  list.hidden = true;
  form.querySelector("button").hidden = true;
  list.after(slider, says);
  say();

  // Tab comes to the map once; arrows go from area to area, in the order of the table.
  function areas() { return Array.from(drawn.querySelectorAll("svg [tabindex]")); }
  function settle() {
    const line = drawn.querySelector(".map-heard");
    if (line) line.textContent = line.dataset.hint;
    areas().forEach(function (area, at) { area.setAttribute("tabindex", at ? "-1" : "0"); });
  }
  function go(from, by) {
    const all = areas();
    const to = all[Math.min(Math.max(all.indexOf(from) + by, 0), all.length - 1)];
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  }
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -9999, End: 9999 };
  drawn.addEventListener("keydown", function (event) {
    if (!event.target.matches("svg [tabindex]") || !(event.key in steps)) return;
    event.preventDefault();
    go(event.target, steps[event.key]);
  });

  // Who is pointed at or reached is written under the map; the screen reader has said it already.
  function write(event) {
    const area = event.target.closest && event.target.closest("svg [tabindex]");
    const line = drawn.querySelector(".map-heard");
    if (area && line) line.textContent = area.getAttribute("aria-label");
  }
  drawn.addEventListener("focusin", write);
  drawn.addEventListener("pointerover", write);

  // The address and the form above follow the day, so that a link or a reload shows the same.
  drawn.addEventListener("htmx:afterSwap", function () {
    settle();
    const now = drawn.querySelector("[data-address]");
    if (!now) return;
    history.replaceState(null, "", now.dataset.address);
    [["day", list.value], ["since", now.dataset.since]].forEach(function (each) {
      const field = document.getElementById(each[0]);
      if (field) field.value = each[1];
    });
    const note = document.getElementById("stale");
    if (note) note.hidden = true;
  });
  settle();
})();
