// The commune's form works out change and rate while one types; without it they show after sending.
(function () {
  "use strict";
  const form = document.querySelector(".figure-form");
  if (!form) return;
  const field = form.querySelector("#installs");
  const box = form.querySelector("#worked");
  const button = form.querySelector("button[data-label]");
  const vietnamese = document.documentElement.lang === "vi";

  // The same signs as the server takes: digits, or groups of three with one sign all through.
  function parsed(text) {
    const written = text.trim();
    if (!/^(\d{1,9}|\d{1,3}([., \u00a0])\d{3}(\2\d{3})*)$/.test(written)) return null;
    return Number(written.replace(/[^\d]/g, ""));
  }
  function number(value, decimals) {
    const text = value.toFixed(decimals || 0).split(".");
    const whole = text[0].replace(/\B(?=(\d{3})+$)/g, vietnamese ? "." : ",");
    return text.length > 1 ? whole + (vietnamese ? "," : ".") + text[1] : whole;
  }
  function signed(value) {
    return (value > 0 ? "+" : value < 0 ? "\u2212" : "") + number(Math.abs(value));
  }
  function show() {
    const value = parsed(field.value);
    box.hidden = value === null;
    const label = button.firstElementChild;
    label.textContent = button.dataset.label;
    if (value === null) return;
    const before = form.dataset.before, of = Number(form.dataset.of);
    box.querySelector("[data-change]").textContent = before === "" ? "—" : signed(value - Number(before));
    box.querySelector("[data-rate]").textContent = of ? number(value * 100 / of, 2) + "%" : "—";
    box.querySelector("[data-fraction]").textContent = number(value);
    box.classList.toggle("falls", before !== "" && value < Number(before));
    const repeated = document.createElement("span");
    repeated.className = "n";
    repeated.textContent = number(value);
    label.append(": ", repeated);
  }
  field.addEventListener("input", show);
  show();

  // A double click sends once.
  form.addEventListener("submit", function () { button.disabled = true; });
  window.addEventListener("pageshow", function () { button.disabled = false; });
})();
