// Counts down to the end or the beginning of a contest, in the line where the date stands otherwise.

const SECOND_MS = 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function two(number) {
  return String(number).padStart(2, "0");
}

function left(seconds) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  const clock = `${two(hours)}:${two(minutes)}:${two(Math.floor(seconds % MINUTE))}`;
  if (!days) return clock;
  return `${days} ${days === 1 ? "day" : "days"} ${clock}`;
}

function show() {
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const seconds = (new Date(place.dataset.countdown) - now()) / SECOND_MS;
    const begins = place.dataset.before === "From";
    if (seconds > 0) place.textContent = `${begins ? "Begins in" : "Ends in"} ${left(seconds)}`;
    else place.textContent = begins ? "Beginning now" : "Over: the places are being looked at";
  }
}

// The server's clock is the one that counts; a reader's own may be wrong by minutes.
const card = document.querySelector('[data-live="contest"]');
const board = document.querySelector("[data-live-now]");
const ahead = board ? new Date(board.dataset.liveNow) - Date.now() : 0;

function now() {
  return Date.now() + ahead;
}

if (card) {
  addEventListener("desk:fresh", show);
  setInterval(show, SECOND_MS);
  show();
}
