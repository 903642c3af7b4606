// Conveniences of the month's grid: it works without this file.
"use strict";
const grid = document.querySelector("table.grid");
const told = document.getElementById("told");
const stated = /^(amount|voucher|invested|percent|light|total|retained|output|count)\./;
function filled(row) {
  return [...row.querySelectorAll("input, select")].some((cell) => stated.test(cell.name) && cell.value.trim() !== "");
}
function tell() {
  const rows = [...grid.tBodies[0].rows];
  const full = rows.filter(filled).length;
  const same = rows.filter((row) => !filled(row) && row.querySelector("input[type=checkbox]").checked).length;
  told.textContent = told.dataset.said.replace("{filled}", full).replace("{same}", same).replace("{rest}", rows.length - full - same);
}
if (grid) {
  grid.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (stated.test(event.target.name) && filled(row)) row.querySelector("input[type=checkbox]").checked = false;
    tell();
  });
  tell();
}
