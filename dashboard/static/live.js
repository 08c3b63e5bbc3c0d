// The overview follows what happens: a stream says that something changed, the server is asked for
// the cards again, and those that differ are put in place. Where no stream gets through, it asks by
// the minute. Nothing is asked while nobody looks.

const board = document.querySelector("[data-live-cards]");
const announcer = document.getElementById("announcer");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const POLL_MS = 60_000;
const TRY_STREAM_MS = 300_000;
const RUN_MS = 900;
const FRESH_MS = 2500;
const MINUS = "\u2212";
const GONE = [401, 403, 404];

let stream = null;
let poll = 0;
let again = 0;
let asking = false;
let askAgain = false;
let over = false;

// Figures and bars run from what they showed before. The last frame shows what the server wrote.
function run(from, to, show, done) {
  let start = null;
  function frame(now) {
    start ??= now;
    const way = Math.min((now - start) / RUN_MS, 1);
    if (way === 1) return done();
    show(from + (to - from) * (1 - (1 - way) ** 3));
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
}

function runFigure(element, from) {
  const words = element.textContent;
  const places = Number(element.dataset.places);
  const digits = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: places, maximumFractionDigits: places,
  });
  const shape = words.replace(MINUS, "");
  function show(value) {
    const written = digits.format(Math.abs(value) / 10 ** places);
    element.textContent = (value <= -0.5 ? MINUS : "") + shape.replace(/\d[\d,]*(\.\d+)?/, () => written);
  }
  show(from);
  run(from, Number(element.dataset.count), show, () => { element.textContent = words; });
}

function valueOf(element) {
  return "count" in element.dataset ? Number(element.dataset.count) : element.value;
}

// What the keyed elements of a card show, so that it is known what became another.
function shown(card) {
  const found = new Map();
  for (const element of card.querySelectorAll("[data-key]")) {
    found.set(element.dataset.key, { value: valueOf(element), say: element.dataset.say });
  }
  return found;
}

function changed(card, before) {
  const said = [];
  for (const element of card.querySelectorAll("[data-key]")) {
    const old = before.get(element.dataset.key);
    const { say } = element.dataset;
    if (say && say !== old?.say) said.push(say);
    const value = valueOf(element);
    if (value === undefined || value === old?.value) continue;
    const glow = element.closest("[data-glow]");
    glow?.classList.add("fresh");
    setTimeout(() => glow?.classList.remove("fresh"), FRESH_MS);
    if (still.matches || !old) continue;
    if ("count" in element.dataset) runFigure(element, old.value);
    else if (element.matches("progress")) {
      element.value = old.value;
      run(old.value, value, (now) => { element.value = now; }, () => { element.value = value; });
    }
  }
  return said;
}

// A card is put in place as a whole; what the reader did in it stays: focus, choices, what is open.
function put(card, { html, mark }) {
  const before = shown(card);
  const focus = card.contains(document.activeElement) ? document.activeElement.id : "";
  const chosen = [...card.querySelectorAll("input:checked[id]")].map((input) => input.id);
  const open = [...card.querySelectorAll("details[open][id]")].map((details) => details.id);
  card.innerHTML = html;
  card.dataset.mark = mark;
  card.hidden = !html;
  for (const id of chosen) {
    const input = document.getElementById(id);
    if (input) input.checked = true;
  }
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  card.dispatchEvent(new CustomEvent("desk:fresh", { bubbles: true }));
  return changed(card, before);
}

async function refresh() {
  if (over) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(board.dataset.liveCards, { redirect: "manual" });
    // Led elsewhere: signed out, or not let in any more. The next page they open says so.
    if (answer.type === "opaqueredirect" || GONE.includes(answer.status)) return stop();
    if (answer.ok) {
      const { cards } = await answer.json();
      const places = new Map(
        [...document.querySelectorAll("[data-live]")].map((card) => [card.dataset.live, card]),
      );
      const said = cards.flatMap((card) => {
        const place = places.get(card.name);
        return place && place.dataset.mark !== card.mark ? put(place, card) : [];
      });
      if (said.length) announcer.textContent = said.join(" ");
    }
  } catch {
    // Offline, or the server restarts: the next event or minute asks again.
  } finally {
    asking = false;
    if (askAgain) {
      askAgain = false;
      refresh();
    }
  }
}

function pause() {
  stream?.close();
  stream = null;
  clearInterval(poll);
  clearTimeout(again);
  poll = 0;
}

function stop() {
  over = true;
  pause();
}

function askByTheMinute() {
  pause();
  poll = setInterval(refresh, POLL_MS);
  again = setTimeout(follow, TRY_STREAM_MS);
}

function follow() {
  pause();
  if (over || document.hidden) return;
  if (!("EventSource" in window)) return askByTheMinute();
  stream = new EventSource(board.dataset.liveStream);
  // Also the first one, of each connection: what happened before it is not told again.
  for (const name of ["earnings", "changed"]) stream.addEventListener(name, refresh);
  stream.addEventListener("end", stop);
  stream.addEventListener("error", () => {
    // While it connects anew by itself there is nothing to do.
    if (stream?.readyState !== EventSource.CLOSED) return;
    askByTheMinute();
    refresh();
  });
}

function wake() {
  if (document.hidden) return pause();
  if (!stream && !poll) {
    refresh();
    follow();
  }
}

if (board) {
  document.addEventListener("visibilitychange", wake);
  addEventListener("pagehide", pause);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  follow();
}
