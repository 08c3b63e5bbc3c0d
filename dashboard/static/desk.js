// Comforts on top of pages that work without any script: copying, local times, one submit.

const announcer = document.getElementById("announcer");
const COPIED_MS = 2000;

function announce(words) {
  announcer.textContent = "";
  // A live region speaks only when its text changes, so the second copy needs a fresh start.
  requestAnimationFrame(() => { announcer.textContent = words; });
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS or permission there is no clipboard: select it, and leave the keys to the reader.
    getSelection().selectAllChildren(source);
    source.select?.();
    announce("Selected. Press Control C or Command C to copy.");
    return;
  }
  announce(button.dataset.copied);
  button.classList.add("copied");
  clearTimeout(button.copiedTimer);
  button.copiedTimer = setTimeout(() => button.classList.remove("copied"), COPIED_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// Pages say times in UTC; the reader thinks in their own zone. Same shape, so nothing moves.
const day = { day: "numeric", month: "long", year: "numeric" };
const minute = { hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" };
// Parts of a page that are put in later say so by an event of their own.
const dayWords = new Intl.DateTimeFormat("en-GB", day);
const minuteWords = new Intl.DateTimeFormat("en-GB", minute);
function inOwnZone(part) {
  for (const time of part.querySelectorAll("time[data-show]")) {
    const moment = new Date(time.dateTime);
    time.title = time.dateTime;
    time.textContent = dayWords.format(moment);
    if (time.dataset.show === "datetime") time.append(` at ${minuteWords.format(moment)}`);
  }
}
inOwnZone(document);
document.addEventListener("desk:fresh", (event) => inOwnZone(event.target));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  if (button?.dataset.busy) {
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy;
    announce(button.dataset.busy);
  }
});

// "Back" may bring the page from memory, with its forms still marked as sent.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) button.textContent = button.dataset.label;
  }
});

// On a phone the menu is longer than the screen: bring the page that is open into view.
const here = document.querySelector(".site-nav [aria-current]");
if (here) {
  const menu = here.closest("ul");
  menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}
