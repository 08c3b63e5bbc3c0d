// Comforts of the links pages: the link follows what is typed, and countries say their names.
// The server makes every link; what it answers to the same form is put in its place.

const form = document.querySelector("form[data-live]");
const announcer = document.getElementById("announcer");
const PAUSE_MS = 250;
let pause = 0;
let asking = null;

// What is wrong with the address stands beside its field, and goes when it is put right. The field
// itself stays, since somebody types in it.
function complain(page) {
  const field = form.elements.to;
  const fresh = page.getElementById(field.id);
  field.parentElement.querySelector(".field-error")?.remove();
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (fresh.hasAttribute(name)) field.setAttribute(name, fresh.getAttribute(name));
    else field.removeAttribute(name);
  }
  const error = fresh.parentElement.querySelector(".field-error");
  if (error) field.before(error);
}

async function follow() {
  asking?.abort();
  const mine = asking = new AbortController();
  const asked = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  const place = document.getElementById(form.dataset.live);
  place.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(asked, { signal: mine.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const made = page.getElementById(place.id);
    // Another page, as for somebody who was signed out meanwhile: let them see it.
    if (!made) return location.assign(asked);
    complain(page);
    const name = place.querySelector("#name")?.value;
    place.replaceChildren(...made.childNodes);
    const box = place.querySelector("#name");
    if (box && name) box.value = name;
    announcer.textContent = place.querySelector("#tracked-link, p").textContent;
    history.replaceState(null, "", asked);
  } catch {
    if (mine.signal.aborted) return;
    form.removeAttribute("data-live-on");
  }
  if (mine === asking) place.removeAttribute("aria-busy");
}

if (form) {
  form.setAttribute("data-live-on", "");
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(follow, PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    if (!form.hasAttribute("data-live-on")) return;
    event.preventDefault();
    clearTimeout(pause);
    follow();
  });
}

const names = new Intl.DisplayNames("en", { type: "region" });
for (const cell of document.querySelectorAll("[data-region]")) {
  cell.textContent = names.of(cell.dataset.region);
}
