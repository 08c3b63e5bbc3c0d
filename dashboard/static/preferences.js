// Offers the time zone of this device, where the list has it and another one is chosen.
const list = document.getElementById("time_zone");
const offer = document.getElementById("zone-guess");
const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = [...list.options].some((option) => option.value === guess);

function compare() {
  offer.hidden = !known || list.value === guess;
}

if (known) {
  const button = offer.querySelector("button");
  button.textContent = `Use ${guess.replaceAll("_", " ")}, as on this device`;
  button.addEventListener("click", () => {
    list.value = guess;
    compare();
    list.focus();
  });
  list.addEventListener("change", compare);
}
compare();
