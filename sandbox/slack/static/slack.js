// The workspace page: sends what a person does, and keeps what they see up to date.
"use strict";

const slack = document.getElementById("slack");
const { root, as: person, here, thread } = slack.dataset;
const toast = document.getElementById("toast");
const region = (name) => document.getElementById(name);
const shown = {};
let revision = slack.dataset.revision;

function tell(words) {
  toast.textContent = words;
  toast.classList.toggle("on", Boolean(words));
}

async function send(deed, details) {
  const answer = await fetch(`${root}/do/${deed}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: person, ...details }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function failed(outcome, words = "We had some trouble connecting. Try again?") {
  const detail = (outcome.detail && outcome.detail.errors) || [];
  tell(outcome.error ? [`${words} (${outcome.error})`, ...detail].join("\n") : "");
}

// What stands in the fields of a card or form, as [block, action, value].
function valueOf(field) {
  if (field.dataset.many) {
    const ticked = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    return field.dataset.many === "yes" ? ticked : ticked[0] || null;
  }
  if (field.dataset.suggest !== undefined) return field.dataset.option || null;
  if (field.type === "file") return field.uploaded || [];
  if (field.dataset.moment !== undefined) {
    return field.value ? String(Date.parse(`${field.value}Z`) / 1000) : null;
  }
  return field.value;
}

function entered(scope) {
  return [...scope.querySelectorAll("[data-field]:not([disabled])")].map((field) => [
    field.dataset.block, field.dataset.action, valueOf(field),
  ]);
}

function restore(scope, values) {
  for (const [block, action, value] of values) {
    const field = [...scope.querySelectorAll("[data-field]")].find(
      (one) => one.dataset.block === block && one.dataset.action === action);
    if (!field || field.dataset.moment !== undefined || field.dataset.suggest !== undefined) continue;
    if (field.type === "file") {
      field.uploaded = value; // a browser lets nobody put the files themselves back
    } else if (field.dataset.many) {
      const ticked = [].concat(value || []);
      field.querySelectorAll("input").forEach((box) => { box.checked = ticked.includes(box.value); });
    } else if (value) {
      field.value = value;
    }
  }
}

function placeOf(element) {
  const view = element.closest("[data-view]");
  if (view) return { view: view.dataset.view, values: entered(view) };
  const message = element.closest("[data-ts]");
  const { channel, ts } = message.dataset;
  return { channel, ts, values: entered(message) };
}

// Ask first where the app wants it so. Resolves to whether to go on.
function confirmed(element) {
  const dialog = element.closest(".act, .menu")?.querySelector("dialog.confirm");
  if (!dialog) return Promise.resolve(true);
  dialog.showModal();
  return new Promise((resolve) => {
    const done = (event) => {
      const button = event.target.closest("button");
      if (event.type !== "cancel" && !button) return;
      dialog.removeEventListener("click", done);
      dialog.removeEventListener("cancel", done);
      dialog.close();
      resolve(button?.value === "yes");
    };
    dialog.addEventListener("click", done);
    dialog.addEventListener("cancel", done);
  });
}

let pressing = Promise.resolve();
async function press(element, choice) {
  if (!(await confirmed(element))) return refresh(true);
  if (element.dataset.url) window.open(element.dataset.url, "_blank", "noopener,noreferrer");
  const { block, action } = element.dataset;
  const row = element.closest(".actions, .act");
  row?.setAttribute("aria-busy", "true");
  element.closest("details")?.removeAttribute("open");
  try {
    failed(await send("click", { ...placeOf(element), block, action, choice }),
      "The app did not answer. Try again?");
  } finally {
    row?.removeAttribute("aria-busy");
  }
  await refresh();
}

function complaints(dialog) {
  return Object.fromEntries([...dialog.querySelectorAll("[data-input]")].map(
    (input) => [input.dataset.input, input.querySelector(".error").textContent]));
}

// Say beside each field what is wrong with it; answers with the first that has to be mended.
function complain(dialog, errors) {
  let first = null;
  dialog.querySelectorAll("[data-input]").forEach((input) => {
    const words = errors[input.dataset.input] || "";
    input.querySelector(".error").textContent = words;
    const field = input.querySelector("[data-field]");
    field.setAttribute("aria-invalid", String(Boolean(words)));
    if (words && !first) first = field.matches("[role=group]") ? field.querySelector("input") : field;
  });
  return first;
}

// Slack uploads the files of a form as they are chosen; what the form then holds are their ids.
async function attach(field) {
  const answers = await Promise.all([...field.files].map((file) => {
    const query = new URLSearchParams({ as: person, name: file.name });
    const headers = { "Content-Type": "application/octet-stream" };
    return fetch(`${root}/attach?${query}`, { method: "POST", headers, body: file })
      .then((answer) => (answer.ok ? answer.json() : { ok: false, error: String(answer.status) }));
  }));
  failed({ error: (answers.find((answer) => !answer.ok) || {}).error }, "That file was not taken.");
  field.uploaded = answers.filter((answer) => answer.ok).map((answer) => answer.file.id);
}

async function submit() {
  await pressing.catch(() => {}); // what is being redrawn could not take the complaints
  const dialog = region("modal").querySelector("dialog.modal");
  const button = dialog?.querySelector("[type=submit]");
  if (!button || button.disabled) return;
  button.disabled = true;
  try {
    await Promise.all([...dialog.querySelectorAll("[type=file]")].map((field) => field.uploading));
    const outcome = await send("submit", { view: dialog.dataset.view, values: entered(dialog) });
    failed(outcome);
    complain(region("modal").querySelector("dialog.modal") || dialog, outcome.errors)?.focus();
  } finally {
    button.disabled = false;
  }
  await refresh();
}

async function close(dialog, everything) {
  failed(await send("close", { view: dialog.dataset.view, everything }));
  await refresh();
}

function showModal(where, down) {
  const dialog = region("modal").querySelector("dialog.modal");
  if (!dialog || dialog.open) return;
  dialog.showModal();
  if (down) dialog.querySelector(".modal-body").scrollTop = down;
  if (refocus(dialog, where)) return;
  const wanted = dialog.querySelector("[autofocus]")
    || dialog.querySelector(".modal-body :is(input, select, textarea):not([disabled])")
    || dialog.querySelector("[type=submit]");
  wanted?.focus();
}

// Put a changed region in place; a form that is being filled in keeps what was typed.
function replace(name, html) {
  const place = region(name);
  if (!place || shown[name] === html) return;
  shown[name] = html;
  const low = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  const pageLow = document.body.scrollHeight - window.scrollY - window.innerHeight < 80;
  const before = place.querySelector("[data-view]");
  const typed = before ? entered(before) : [];
  const made = document.createElement("template");
  made.innerHTML = html;
  const next = made.content.querySelector("[data-view]");
  const same = before && next && before.dataset.view === next.dataset.view;
  if (same && before.dataset.hash === next.dataset.hash) return; // only what was typed is new
  const where = same ? document.activeElement?.closest("[data-action]")?.dataset : null;
  const down = same ? before.querySelector(".modal-body")?.scrollTop : 0;
  merge(place, made.content);
  if (same) {
    restore(next, typed);
    complain(next, complaints(before)); // they stand until the form is sent again
  }
  if (name === "modal") showModal(where, down);
  else if (here !== "home" && name !== "side") {
    if (low) place.scrollTop = place.scrollHeight;
    if (pageLow) window.scrollTo(0, document.body.scrollHeight);
  }
}

// Keep the parts that have not changed: focus, open menus and a screen reader's place stay.
const sources = new WeakMap();
function merge(place, fresh) {
  const old = new Map([...place.children].map((part) => [sources.get(part), part]));
  const focused = document.activeElement?.closest("[data-action]");
  const parts = [...fresh.children].map((part) => {
    const source = part.outerHTML;
    const kept = old.get(source);
    old.delete(source);
    if (kept) return kept;
    sources.set(part, source);
    clocks(part);
    return part;
  });
  [...place.childNodes].filter((node) => !parts.includes(node)).forEach((node) => node.remove());
  parts.forEach((part, index) => {
    if (place.children[index] !== part) place.insertBefore(part, place.children[index] || null);
  });
  if (focused && !focused.isConnected) refocus(place, focused.dataset);
}

// Go back to the field or button where somebody was; whether it is still there.
function refocus(place, where) {
  const found = where && [...place.querySelectorAll("[data-action]")].find(
    (one) => one.dataset.block === where.block && one.dataset.action === where.action);
  found?.focus();
  return Boolean(found);
}

function clocks(place) {
  place.querySelectorAll("time[data-clock]").forEach((time) => {
    const moment = new Date(time.dateTime);
    time.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.title = moment.toLocaleString();
  });
}

async function refresh(whole = false) {
  const query = new URLSearchParams({ as: person, thread, revision: whole ? "" : revision });
  query.set(here === "home" ? "home" : "channel", here === "home" ? "1" : here);
  const answer = await fetch(`${root}/changes?${query}`);
  if (answer.status !== 200) return;
  const news = await answer.json();
  revision = String(news.revision);
  Object.entries(news.parts).forEach(([name, html]) => replace(name, html));
}

async function say(form, more) {
  const input = form.querySelector("input");
  if (!input.value.trim()) return;
  failed(await send("say", { channel: here, words: input.value, ...more }), "That did not work.");
  input.value = "";
  await refresh();
}

let waiting = 0;
async function suggest(field) {
  const input = field.matches("input") ? field : field.querySelector("[data-suggest]");
  const holder = field.closest("[data-field]");
  const { block, action } = holder.dataset;
  const outcome = await send("suggest", { ...placeOf(holder), block, action, query: input.value });
  const options = outcome.body || [];
  const match = options.find((option) => option.text.text === input.value);
  if (holder === input) {
    input.list.replaceChildren(...options.map((option) => new Option("", option.text.text)));
    if (match) {
      input.dataset.option = JSON.stringify(match);
      if (input.dataset.live !== undefined) await press(input, input.dataset.option);
    }
    return;
  }
  holder.querySelectorAll("label:not(:has(:checked))").forEach((label) => label.remove());
  options.forEach((option) => {
    const box = Object.assign(document.createElement("input"),
      { type: "checkbox", value: JSON.stringify(option) });
    const label = document.createElement("label");
    label.append(box, ` ${option.text.text}`);
    holder.append(label);
  });
}

slack.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const dialog = event.target.closest("dialog.modal");
  if (button?.dataset.press !== undefined) press(button, button.dataset.choice ?? null);
  else if (button?.dataset.back !== undefined) close(dialog, false);
  else if (button?.dataset.close !== undefined) close(dialog, true);
});
slack.addEventListener("change", (event) => {
  const live = event.target.closest("[data-live]");
  if (event.target.id === "as") event.target.form.requestSubmit();
  else if (event.target.type === "file") event.target.uploading = attach(event.target);
  else if (live && live.dataset.suggest === undefined) pressing = press(live, valueOf(live));
});
slack.addEventListener("input", (event) => {
  if (event.target.dataset.suggest === undefined) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => suggest(event.target), 250);
});
slack.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches(".switch")) return;
  event.preventDefault();
  if (form.id === "composer") say(form, {});
  else if (form.id === "reply") say(form, { thread });
  else submit();
});
slack.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog.modal")) return;
  event.preventDefault();
  close(event.target, true);
}, true);

clocks(slack);
showModal();
if (here !== "home") {
  ["stage", "thread"].forEach((name) => {
    if (region(name)) region(name).scrollTop = region(name).scrollHeight;
  });
  window.scrollTo(0, document.body.scrollHeight); // on a phone the page itself scrolls
}
if (here === "home") setTimeout(() => refresh().catch(() => {}), 250); // the app shows it anew
setInterval(() => refresh().catch(() => tell("The sandbox is not running.")), 1000);
