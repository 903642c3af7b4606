// How far the work is, without loading the page anew; without this file the page loads itself every other second.
"use strict";
const bar = document.getElementById("bar");
async function look() {
  try {
    const answer = await fetch(location.href);
    const seen = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected || !seen.getElementById("going")) { location.replace(location.href); return; }
    for (const name of ["step", "count", "since"]) {
      const now = seen.getElementById(name).textContent, shown = document.getElementById(name);
      if (shown.textContent !== now) shown.textContent = now;
    }
    const value = seen.getElementById("bar").getAttribute("value");
    bar.max = seen.getElementById("bar").max;
    if (value === null) bar.removeAttribute("value"); else bar.value = value;
    document.getElementById("stop").hidden = seen.getElementById("stop").hidden;
    setTimeout(look, 200);
  } catch {
    setTimeout(look, 3000); // the service is away for a moment
  }
}
look();
