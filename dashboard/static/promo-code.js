// The promo-code field for any page, in one tag. docs/discount-codes.md says how to use it:
// <script async src="…/promo-code.js" data-plan="monthly"></script>
(() => {
  const script = document.currentScript;
  const api = new URL("/api/discount-codes/", script.src);
  const told = script.dataset;
  const CSS = `
    :host { display: block; }
    .box { display: grid; gap: .5rem; color: inherit; font: inherit; text-align: start; }
    label { font-weight: 600; }
    .row { display: flex; gap: .5rem; }
    input, button { font: inherit; min-height: 2.75rem; padding: .4em .8em; border: 1px solid color-mix(in srgb, currentColor 60%, transparent); border-radius: var(--affiliate-desk-radius, .5rem); }
    input { flex: 1; width: 100%; min-width: 0; box-sizing: border-box; color: inherit; background: transparent; }
    .code { text-transform: uppercase; letter-spacing: .04em; }
    button { font-weight: 600; color: inherit; background: transparent; cursor: pointer; }
    .pay { color: var(--affiliate-desk-on-accent, light-dark(#fff, #06261b)); background: var(--affiliate-desk-accent, light-dark(#0e5a45, #56c8a1)); border-color: transparent; }
    [aria-disabled] { opacity: .65; cursor: progress; }
    :focus-visible { outline: 3px solid light-dark(#1a5fd0, #86b7ff); outline-offset: 2px; }
    p, dl, dd { margin: 0; }
    .said { min-height: 1.5em; }
    .said.good::before { content: "✓ " / ""; }
    .said.bad::before { content: "⚠ " / ""; }
    dl > div { display: flex; justify-content: space-between; gap: 1rem; font-variant-numeric: tabular-nums; }
    .today { font-weight: 650; border-top: 1px solid color-mix(in srgb, currentColor 30%, transparent); margin-top: .25rem; padding-top: .25rem; }
    [hidden] { display: none; }`;
  const NO_DECIMALS = /^(bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf)$/;
  const THREE_DECIMALS = /^(bhd|jod|kwd|omr|tnd)$/;

  function make(tag, given = {}, ...inside) {
    const { part, ...rest } = given;
    const made = Object.assign(document.createElement(tag), rest);
    if (part) made.part = part;
    made.append(...inside);
    return made;
  }

  function money(minor, currency) {
    const places = NO_DECIMALS.test(currency) ? 0 : THREE_DECIMALS.test(currency) ? 3 : 2;
    return new Intl.NumberFormat(document.documentElement.lang || "en", {
      style: "currency", currency, minimumFractionDigits: places, maximumFractionDigits: places,
    }).format(minor / 10 ** places);
  }

  const input = make("input", { id: "code", className: "code", part: "input", value: told.code || "", maxLength: 100, autocomplete: "off", autocapitalize: "characters", spellcheck: false });
  const apply = make("button", { type: "button", part: "button", textContent: "Apply" });
  const said = make("p", { id: "said", className: "said", part: "status", role: "status" });
  const sums = make("dl", { part: "preview", hidden: true });
  const later = make("p", { part: "later", hidden: true });
  const email = make("input", { id: "email", type: "email", part: "input", autocomplete: "email", maxLength: 254 });
  const pay = make("button", { type: "button", className: "pay", part: "button pay", textContent: "Continue to payment" });
  const box = make("div", { className: "box" },
    make("label", { htmlFor: "code", textContent: "Have a promo code?" }),
    make("div", { className: "row" }, input, apply), said, sums, later);
  input.setAttribute("aria-describedby", "said");
  if ("checkout" in told) {
    if (!told.email) box.append(make("label", { htmlFor: "email", textContent: "Email" }), email);
    box.append(pay);
  }

  // Beside the shadow root, so that the form around it sends the code along.
  const carried = make("input", { type: "hidden", name: told.name || "promo_code" });
  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  root.append(box);
  script.after(host, carried);

  function say(words, tone = "") {
    said.className = `said ${tone}`;
    said.textContent = words;
    input.ariaInvalid = tone === "bad" ? "true" : null;
  }

  function show(answer) {
    const sum = answer.valid && answer.preview;
    sums.hidden = later.hidden = !sum;
    if (!sum) return;
    const line = (name, minor, className = "") => make("div", { className },
      make("dt", { textContent: name }), make("dd", { textContent: money(minor, sum.currency) }));
    sums.replaceChildren(line("Price", sum.price), line("Discount", -sum.discount),
      line("You pay today", sum.total, "today"));
    const full = money(sum.price, sum.currency);
    const months = answer.duration_months;
    later.textContent = {
      once: `Then ${full} at each renewal.`,
      repeating: `Discounted for ${months} month${months > 1 ? "s" : ""}, then ${full} at each renewal.`,
      forever: "Every renewal is discounted as well.",
    }[answer.duration] || "";
  }

  async function ask(path, init) {
    const response = await fetch(new URL(path, api), { credentials: "omit", ...init });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.detail), { answer });
    return answer;
  }

  let asking = "";

  // Only the last question counts, whichever answer comes first.
  async function check() {
    const code = input.value.trim();
    const about = new URLSearchParams({ code, plan: told.plan || "", user: told.user || "" });
    const question = `${about}`;
    if (question === asking) return;
    asking = question;
    carried.value = "";
    let answer = { valid: false, code: "", reason: "empty" };
    if (code) {
      say("Checking…");
      try {
        answer = await ask(`validate?${question}`);
      } catch (error) {
        if (question !== asking) return;
        answer = { valid: false, code, reason: "unchecked", message: error.answer?.detail || "The code could not be checked. Try again in a moment." };
      }
      if (question !== asking) return;
    }
    asking = "";
    if (answer.valid) carried.value = answer.code;
    say(answer.summary || answer.message || "", code && (answer.valid ? "good" : "bad"));
    show(answer);
    host.dispatchEvent(new CustomEvent("affiliate-desk:code", { detail: answer, bubbles: true }));
  }

  async function goToPayment() {
    if (pay.ariaDisabled) return;
    const wish = { plan: told.plan, email: told.email || email.value.trim() || undefined, ref: told.ref, referrer: document.referrer || undefined };
    if (input.value.trim()) wish.code = input.value.trim();
    pay.ariaDisabled = "true";
    try {
      const { url } = await ask("apply", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish),
      });
      location.assign(url);
    } catch (error) {
      say(error.answer?.detail || "The payment page could not be opened. Try again in a moment.", "bad");
      pay.ariaDisabled = null;
    }
  }

  apply.addEventListener("click", check);
  input.addEventListener("change", check);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") check(); });
  pay.addEventListener("click", goToPayment);
  addEventListener("pageshow", (event) => { if (event.persisted) pay.ariaDisabled = null; });
  // A page that changes data-plan sees the price of the new plan.
  new MutationObserver(check).observe(script, { attributeFilter: ["data-plan", "data-user"] });
  if (told.code) check();
})();
