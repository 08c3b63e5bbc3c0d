// Comforts of the pricing page: a code is judged while the page stays. The server renders the
// answer to the same form, and what is marked as live is put in its place.

const form = document.querySelector("form.pricing");
const code = form.elements.code;
const look = form.querySelector("[value=look]");
const pay = form.querySelector("[value=pay]");
const said = document.getElementById("code-said");
const announcer = document.getElementById("announcer");
const PAUSE_MS = 700;
let judged = code.value.trim();
let asking = null;
let pause = 0;

async function judge() {
  clearTimeout(pause);
  judged = code.value.trim();
  asking?.abort();
  const mine = asking = new AbortController();
  look.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form, look)), signal: mine.signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    put(page);
  } catch {
    if (!mine.signal.aborted) sayUnchecked();
  } finally {
    if (mine === asking) look.removeAttribute("aria-busy");
  }
}

// Also where the answer is another page, as for somebody who asks too often.
function sayUnchecked() {
  judged = "";
  said.className = "said bad";
  said.textContent = "We could not check the code just now. Wait a moment, then press Apply.";
  announcer.textContent = said.textContent;
}

function put(page) {
  for (const live of form.querySelectorAll("[data-live]")) {
    const now = page.getElementById(live.id);
    live.className = now.className;
    live.replaceChildren(...now.childNodes);
  }
  const refused = page.getElementById("code").getAttribute("aria-invalid");
  if (refused) code.setAttribute("aria-invalid", refused);
  else code.removeAttribute("aria-invalid");
  const total = form.querySelector(".totals.chosen .total").innerText;
  announcer.textContent = `${said.innerText} ${total}`;
}

const isNew = () => code.value.trim() !== judged;

look.addEventListener("click", (event) => { event.preventDefault(); judge(); });
code.addEventListener("change", () => { if (isNew()) judge(); });
code.addEventListener("input", () => {
  clearTimeout(pause);
  if (code.value.trim().length >= 3) pause = setTimeout(() => { if (isNew()) judge(); }, PAUSE_MS);
});
form.addEventListener("change", (event) => {
  if (["plan", "email"].includes(event.target.name) && code.value.trim()) judge();
});
form.elements.email.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  form.requestSubmit(pay);
});
