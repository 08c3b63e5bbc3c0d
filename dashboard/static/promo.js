// The post's editor: its check and counter follow what is typed. The server decides; what it
// answers to the same form is put in its place. Without this, "Check" does the same.

const form = document.querySelector("[data-promo]");
const PAUSE_MS = 300;
let pause = 0;
let asking = null;

async function follow() {
  asking?.abort();
  const mine = asking = new AbortController();
  const place = document.getElementById("result");
  place.setAttribute("aria-busy", "true");
  const said = new URLSearchParams(new FormData(form));
  said.set("do", "check");
  try {
    const response = await fetch(form.action, { method: "POST", body: said, signal: mine.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const made = page.getElementById("result");
    // Another page, as for somebody who was signed out meanwhile: the button leads there.
    if (made) place.replaceChildren(...made.childNodes);
    form.toggleAttribute("data-live-on", Boolean(made));
  } catch {
    if (mine.signal.aborted) return;
    form.removeAttribute("data-live-on");
  }
  if (mine === asking) place.removeAttribute("aria-busy");
}

// A moment is chosen in the zone of the reader, and sent with its distance from UTC.
function place_in_time() {
  const when = form.elements.when;
  if (!when) return;
  const moment = when.value ? new Date(when.value) : new Date();
  form.elements.offset.value = moment.getTimezoneOffset();
  document.getElementById("when-zone").textContent = "in your time zone";
}

if (form) {
  form.setAttribute("data-live-on", "");
  form.addEventListener("input", (event) => {
    place_in_time();
    if (!["text", "title"].includes(event.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(follow, PAUSE_MS);
  });
  place_in_time();
}
