// Conveniences only: every page works without this file.
"use strict";
document.querySelectorAll("input[data-shown]").forEach((input) => {
  const shown = document.getElementById(input.dataset.shown);
  input.addEventListener("input", () => { shown.textContent = input.value; });
});
document.querySelectorAll("form[method=post]").forEach((form) => {
  // The key already makes a second sending harmless; a button that answers at once spares the doubt.
  form.addEventListener("submit", () => {
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  });
});
addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((b) => { b.disabled = false; }));
document.querySelectorAll("button[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => navigator.clipboard.writeText(button.dataset.copy).then(() => {
    button.textContent = button.dataset.done;
  }));
});
