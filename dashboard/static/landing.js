// The partner page's editor: the preview beside the form changes while one types.
// Without this the form works all the same, and the preview shows what was saved.

const form = document.querySelector("[data-landing]");
const frame = document.querySelector("[data-preview]");
const announcer = document.getElementById("announcer");
const MAX = 5 * 1024 * 1024;
const WAIT_MS = 150;
let picture = "";

const inside = () => frame.contentDocument;
const part = (name) => inside()?.querySelector(`[data-live="${name}"]`);

// What the page says where nothing was typed comes from the server, with the page.
function put(name, text) {
  const place = part(name);
  place.textContent = text || place.dataset.default || "";
}

function initials(name) {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...word][0]).join("").toUpperCase().slice(0, 2);
}

function update() {
  if (!part("headline")) return;
  const typed = (name) => form.elements[name].value;
  const line = (name) => typed(name).replace(/\s+/gu, " ").trim();
  put("name", line("name"));
  put("headline", line("headline"));
  put("cta", line("cta"));
  part("initials").textContent = initials(line("name"));

  const bio = part("bio");
  const paragraphs = typed("bio").split(/\n\s*\n/u).map((text) => text.trim()).filter(Boolean);
  bio.replaceChildren(...paragraphs.map((text) => {
    const paragraph = inside().createElement("p");
    paragraph.dir = "auto";
    paragraph.textContent = text;
    return paragraph;
  }));
  bio.hidden = paragraphs.length === 0;

  const sheet = part("color");
  const wanted = sheet.getAttribute("href").replace(/theme-[0-9a-f]{6}/u, `theme-${typed("color").slice(1).toLowerCase()}`);
  if (sheet.getAttribute("href") !== wanted) sheet.setAttribute("href", wanted);

  const face = part("photo");
  face.dataset.saved ??= face.getAttribute("src") ?? "";
  const drop = form.elements.drop_photo?.checked;
  const source = picture || (drop ? "" : face.dataset.saved);
  if (source && face.getAttribute("src") !== source) face.src = source;
  face.hidden = !source;
  part("initials").hidden = Boolean(source);
}

function choose() {
  const [file] = form.elements.photo.files;
  URL.revokeObjectURL(picture);
  picture = "";
  const error = document.getElementById("photo-error");
  const large = file && file.size > MAX;
  error.hidden = !large;
  error.querySelector("[data-error]").textContent = large ? "That file is larger than 5 MB. Make it smaller, or choose another one." : "";
  if (large) {
    announcer.textContent = error.textContent;
    form.elements.photo.value = "";
  } else if (file) {
    picture = URL.createObjectURL(file);
  }
  update();
}

let timer = 0;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(update, WAIT_MS);
});
form.elements.photo.addEventListener("change", choose);
frame.addEventListener("load", update);
update();
