// A file on its way: how much of it has gone, and a button to stop; without this file the browser shows what it has.
"use strict";
document.querySelectorAll("[data-upload]").forEach((panel) => {
  const form = panel.previousElementSibling;
  const [words, bar, count, stop] = ["[role=status]", "progress", ".count", "button"].map((one) => panel.querySelector(one));
  const say = (state) => { words.textContent = words.dataset[state]; };
  function rest(state) {
    say(state);
    bar.hidden = stop.hidden = true;
    count.textContent = "";
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  }
  form.addEventListener("submit", (event) => {
    if (![...form.querySelectorAll("input[type=file]")].some((input) => input.files.length)) return;
    event.preventDefault();
    const sending = new XMLHttpRequest();
    sending.upload.addEventListener("progress", (now) => {
      if (!now.lengthComputable) return;
      bar.value = now.loaded / now.total;
      count.textContent = `${Math.floor(100 * bar.value)}% · ${(now.loaded / 1e6).toFixed(1)} / ${(now.total / 1e6).toFixed(1)} MB`;
    });
    sending.upload.addEventListener("load", () => {
      say("checking");
      bar.removeAttribute("value");
      stop.hidden = true; // whoever stops now would not know whether it was recorded
    });
    sending.addEventListener("load", () => {
      if (sending.responseURL !== form.action) { location.assign(sending.responseURL); return; }
      document.open();
      document.write(sending.responseText);
      document.close();
    });
    sending.addEventListener("error", () => rest("failed"));
    sending.addEventListener("abort", () => rest("stopped"));
    stop.onclick = () => sending.abort();
    panel.hidden = bar.hidden = stop.hidden = false;
    bar.value = 0;
    say("sending");
    sending.open("POST", form.action);
    sending.send(new FormData(form));
  });
});
